import type { Command } from "effect/cli"
import { type FlagGroup, toggle } from "./documented.ts"

/** What is said on stdout and stderr. */
export const outputFlags = {
  json: toggle("json", "Print the summary as one JSON object on stdout"),
  quiet: toggle("quiet", "Print nothing on success but warnings and errors; with --json the summary too", "q"),
  noProgress: toggle("no-progress", "Do not show how far the work has come"),
}

export type OutputFlags = Command.Command.Config.Infer<typeof outputFlags>

export const outputGroup: FlagGroup = { title: "Output", flags: outputFlags }
