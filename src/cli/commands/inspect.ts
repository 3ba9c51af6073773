// `etl inspect`: shows what files have, and makes their column mapping. Needs no database.

import { Option } from "effect"
import { Command } from "effect/cli"
import { formatChecks, formatGroup } from "../flags/formatFlags.ts"
import { type InspectFlags, inspectFlags, ownFlags } from "../flags/inspectFlags.ts"
import { sourceChecks, sourceGroup } from "../flags/runFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { sourceFlags } from "../sources.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { inspectExitCodes } from "../usage/exitCodes.ts"

const inspectChecks = [
  ...sourceChecks,
  ...formatChecks,
  check<InspectFlags>()(["mapping", "out"], ({ mapping, out }) =>
    Option.isSome(mapping) && Option.isSome(out)
      ? "--out cannot be combined with --mapping: it writes a mapping for files that have none."
      : undefined,
  ),
]

export const inspect = lazyCommand("inspect", inspectFlags, () => import("../handlers/inspect.ts")).pipe(
  Command.withDescription(
    "Show the format, headers and values of files, propose their column mapping, and show what a load would reject. Reads the first 8 MiB of each file, writes nothing but --out, and needs no database.",
  ),
  Command.withShortDescription("Show what files have, and make their column mapping"),
  Command.withExamples([
    { command: "etl inspect --source people.csv", description: "What it has, and which columns its headers may fill" },
    { command: "etl inspect --source people.csv --out people.mapping.json", description: "Write the mapping" },
    { command: "etl inspect --source people.csv --mapping people.mapping.json", description: "Check a mapping" },
  ]),
  withUsage({
    config: inspectFlags,
    groups: [sourceGroup(sourceFlags), { title: "Inspecting", flags: ownFlags }, formatGroup],
    checks: inspectChecks,
    exitCodes: inspectExitCodes,
  }),
)
