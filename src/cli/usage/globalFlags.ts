import { CliConfig, GlobalFlag, type HelpDoc } from "effect/cli"
import { Option } from "effect"
import { completions } from "./completions.ts"

/** The flags of every command. effect/cli has one more, a wizard that asks for each flag in turn. */
export const config = CliConfig.make({
  builtIns: [GlobalFlag.Help, GlobalFlag.Version, completions, GlobalFlag.LogLevel],
})

const texts: Readonly<Record<string, { readonly type: string; readonly description: string }>> = {
  help: { type: "boolean", description: "Show this page; etl help COMMAND does too" },
  version: { type: "boolean", description: "Show the version" },
  completions: { type: "SHELL", description: "Print a completion script for bash, zsh, fish or powershell" },
  "log-level": {
    type: "LEVEL",
    description:
      "Lines that the terminal shows: from debug, info, warn, error or none on; the log file always has debug, but a line a chunk only with --log-level debug [default:\u00a0info]",
  },
}

/** The same flag as help tells it. */
export const describe = (flag: HelpDoc.FlagDoc): HelpDoc.FlagDoc => {
  const text = texts[flag.name]
  return text === undefined ? flag : { ...flag, type: text.type, description: Option.some(text.description) }
}
