// `--completions`: scripts that complete commands, flags and their values in a shell.

import { Console, Context, Effect, Option } from "effect"
import { type Command, Completions, GlobalFlag, Param } from "effect/cli"
import { locatorNames } from "../locators.ts"
import { CommandUsage, keyOf } from "./CommandUsage.ts"

const choice = (values: ReadonlyArray<string>): Completions.FlagType => ({ _tag: "Choice", values })
const path = (pathType: "file" | "directory" | "either"): Completions.FlagType => ({ _tag: "Path", pathType })

/** What shells offer as values, by the placeholder that help shows; effect/cli knows only texts. */
const valueTypes: Readonly<Record<string, Completions.FlagType>> = {
  FILE: path("file"),
  DIR: path("directory"),
  PATH: path("either"),
  LOCATOR: choice([...locatorNames, "mmdb,ip-api"]),
}

/** The placeholder that help shows for the value of a flag. */
const placeholder = (param: Param.Any): string | undefined =>
  Param.isSingle(param) ? param.typeName : "param" in param ? placeholder(param.param as Param.Any) : undefined

const shells = choice(["bash", "zsh", "fish", "powershell"])
const levels = choice(["debug", "info", "warn", "error", "none"])

const flag = (
  name: string,
  aliases: ReadonlyArray<string>,
  description: string,
  type: Completions.FlagType = { _tag: "Boolean" },
): Completions.FlagDescriptor => ({ name, aliases, description, type, negation: false })

const help = flag("help", ["h"], "Show the help")
const version = flag("version", ["v"], "Show the version")
const completionsFlag = flag("completions", [], "Print a completion script", shells)
const logLevel = flag("log-level", [], "Least severe log lines to show", levels)

/** A command with the values of its flags and with the flags of every command, which effect/cli omits. */
const describe = (command: Command.Command.Any): Completions.CommandDescriptor => {
  const described = Completions.fromCommand(command)
  const { config } = Context.get(command.annotations, CommandUsage)
  const typeOf = (name: string) => valueTypes[placeholder(config[keyOf(name)]!) ?? ""]
  const flags = described.flags.map((own) => Object.assign({}, own, { type: typeOf(own.name) ?? own.type }))
  return Object.assign({}, described, { flags: [...flags, help, logLevel] })
}

/** The commands for a completion script; without a command, the flags are those of `etl run`. */
const describeRoot = (root: Command.Command.Any): Completions.CommandDescriptor => {
  const commands = root.subcommands.flatMap(({ commands }) => commands.map(describe))
  const run = commands.find(({ name }) => name === "run")
  return {
    ...Completions.fromCommand(root),
    subcommands: commands,
    flags: [...(run?.flags ?? []), version, completionsFlag],
  }
}

/** `etl --completions SHELL`: prints a script that completes commands, flags and their values. */
export const completions: typeof GlobalFlag.Completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: (shell, { command }) =>
    Option.isNone(shell)
      ? Effect.void
      : Console.log(Completions.generate(command.name, shell.value, describeRoot(command))),
})
