// The flags of every command.

import { CliConfig, GlobalFlag, type HelpDoc } from "effect/cli"
import { Option } from "effect"
import { completions } from "./completions.ts"

/** effect/cli has one more, a wizard that asks for each flag in turn. */
export const config = CliConfig.make({
  builtIns: [GlobalFlag.Help, GlobalFlag.Version, completions, GlobalFlag.LogLevel],
})

const texts: Readonly<Record<string, { readonly type: string; readonly description: string }>> = {
  help: { type: "boolean", description: "Show this help; also: etl help COMMAND" },
  version: { type: "boolean", description: "Show the versions of etl and Node, and the platform" },
  completions: { type: "SHELL", description: "Print a completion script for bash, zsh, fish or powershell" },
  "log-level": {
    type: "LEVEL",
    description:
      "Least severe log lines to show: debug, info, warn, error or none. The log file always has debug lines, those of each chunk only with --log-level debug [default:\u00a0info]",
  },
}

/** The flag with our description, if there is one. */
export const describe = (flag: HelpDoc.FlagDoc): HelpDoc.FlagDoc => {
  const text = texts[flag.name]
  return text === undefined ? flag : { ...flag, type: text.type, description: Option.some(text.description) }
}
