// The flags of `etl inspect`.

import type { Command } from "effect/cli"
import { sourceFlags } from "../sources.ts"
import { optional, toggle } from "./documented.ts"
import { formatFlags } from "./formatFlags.ts"
import { file } from "./pathFlags.ts"
import { loadFlags } from "./runFlags.ts"

export const ownFlags = {
  mapping: optional(file("mapping"), "Mapping to check with the files", { unset: "one is proposed" }),
  out: optional(file("out"), "Write the mapping to this new file"),
  json: toggle("json", "Print one JSON object on stdout"),
  maxRecordSize: loadFlags.maxRecordSize,
}

export const inspectFlags = { ...sourceFlags, ...ownFlags, ...formatFlags }
export type InspectFlags = Command.Command.Config.Infer<typeof inspectFlags>
