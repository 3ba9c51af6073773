// `etl help COMMAND`: the same as `etl COMMAND --help`.

import { type Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { withUsage } from "../usage/CommandUsage.ts"

/** `show`: prints the help of the named command, or of `etl`. */
export const help = (commands: ReadonlyArray<string>, show: (command: string | undefined) => Effect.Effect<void>) => {
  const config = {
    command: Argument.Literals("command", [...commands, "help"]).pipe(
      Argument.withDescription(`Command to describe: ${commands.join(", ")}`),
      Argument.optional,
    ),
  }
  return Command.make("help", config, ({ command }) => show(Option.getOrUndefined(command))).pipe(
    Command.withDescription("Show the help of a command: its flags, their defaults, examples and exit codes."),
    Command.withShortDescription("Show the help of a command"),
    Command.withExamples([{ command: "etl help run" }]),
    withUsage({ config }),
  )
}
