// The flags for what is printed on stdout and stderr.

import type { Command } from "effect/cli"
import { type FlagGroup, toggle } from "./documented.ts"

export const outputFlags = {
  json: toggle("json", "Print the summary as one JSON object on stdout"),
  quiet: toggle("quiet", "On success print only warnings and errors, and with --json the summary", "q"),
  noProgress: toggle("no-progress", "Do not show progress"),
}

export type OutputFlags = Command.Command.Config.Infer<typeof outputFlags>

export const outputGroup: FlagGroup = { title: "Output", flags: outputFlags }
