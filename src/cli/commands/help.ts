// `etl help NAME`: a command's help, as `etl COMMAND --help` prints it, or a page of documentation.

import { Console, Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { withUsage } from "../usage/CommandUsage.ts"
import { isPage, pageNames, readPage } from "../usage/pages.ts"

/** `show`: prints the help of the named command, or of `etl`. */
export const help = (commands: ReadonlyArray<string>, show: (command: string | undefined) => Effect.Effect<void>) => {
  const config = {
    name: Argument.Literals("name", [...commands, "help", ...pageNames]).pipe(
      Argument.withDescription(`Command: ${commands.join(", ")}; or page: ${pageNames.join(", ")}`),
      Argument.optional,
    ),
  }
  const print = (name: string | undefined) =>
    name !== undefined && isPage(name) ? Effect.flatMap(readPage(name), Console.log) : show(name)
  return Command.make("help", config, ({ name }) => print(Option.getOrUndefined(name))).pipe(
    Command.withDescription(
      "Show the help of a command: its flags, their defaults, examples and exit codes. Or print a page of documentation.",
    ),
    Command.withShortDescription("Show the help of a command, or a page"),
    Command.withExamples([{ command: "etl help run" }, { command: "etl help files | less" }]),
    withUsage({ config }),
  )
}
