import { type Command, Flag } from "effect/cli"

/** What is said on stdout and stderr. */
export const outputFlags = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print the summary as one JSON object on stdout"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Say nothing on stderr but warnings and errors"),
    Flag.withDefault(false),
  ),
  noProgress: Flag.Boolean("no-progress").pipe(
    Flag.withDescription("Do not show how far the work has come"),
    Flag.withDefault(false),
  ),
}

export type OutputFlags = Command.Command.Config.Infer<typeof outputFlags>
