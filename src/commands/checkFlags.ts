import { Struct } from "effect"
import { type Command, Flag } from "effect/cli"
import { runFlags } from "./runFlags.ts"

/** Those of `etl run`, so that its command line can be checked as it is. */
export const checkFlags = {
  ...Struct.omit(runFlags, ["source", "dryRun", "json", "quiet", "noProgress"]),
  source: runFlags.source.pipe(
    Flag.withDescription(
      "Directory, file, or with --aws key prefix that would be loaded; without it no file is checked",
    ),
    Flag.optional,
  ),
}

export type CheckFlags = Command.Command.Config.Infer<typeof checkFlags>
