import { Console, Effect, Option } from "effect"
import { Completions, GlobalFlag } from "effect/cli"
import { locatorNames } from "../locators.ts"

const choice = (values: ReadonlyArray<string>): Completions.FlagType => ({ _tag: "Choice", values })
const path = (pathType: "file" | "directory" | "either"): Completions.FlagType => ({ _tag: "Path", pathType })

/** What shells offer as values, by the flag's name; effect/cli knows of texts only. */
const valueTypes: Readonly<Record<string, Completions.FlagType>> = {
  source: path("either"),
  mapping: path("file"),
  "geo-db": path("file"),
  logfile: path("file"),
  out: path("file"),
  embedded: path("directory"),
  geo: choice([...locatorNames, "mmdb,ip-api"]),
}

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
const logLevel = flag("log-level", [], "Lines that the terminal shows", levels)

/**
 * The command for a completion script: with the flags of every command, which effect/cli leaves out, and with those of
 * `etl run` where no command is named.
 */
const describe = (root: Completions.CommandDescriptor): Completions.CommandDescriptor => {
  const commands = root.subcommands.map((command) => {
    const flags = command.flags.map((own) => Object.assign({}, own, { type: valueTypes[own.name] ?? own.type }))
    return Object.assign({}, command, { flags: [...flags, help, logLevel] })
  })
  const run = commands.find(({ name }) => name === "run")
  return { ...root, subcommands: commands, flags: [...(run?.flags ?? []), version, completionsFlag] }
}

/** `etl --completions SHELL`: prints a script that completes commands, flags and their values. */
export const completions: typeof GlobalFlag.Completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: (shell, { command }) =>
    Option.isNone(shell)
      ? Effect.void
      : Console.log(Completions.generate(command.name, shell.value, describe(Completions.fromCommand(command)))),
})
