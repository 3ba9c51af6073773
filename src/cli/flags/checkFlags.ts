// The flags of `etl check`.

import { Option } from "effect"
import type { Command } from "effect/cli"
import { checkedSourceFlags } from "../sources.ts"
import { clusterFlags } from "./clusterFlags.ts"
import type { Check } from "../usage/CommandUsage.ts"
import { databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { type FlagGroup, toggle } from "./documented.ts"
import { formatFlags, formatGroup } from "./formatFlags.ts"
import { locatorFlags, locatorGroup } from "./locatorFlags.ts"
import { outputFlags } from "./outputFlags.ts"
import { dryRun, loadFlags, runChecks, sourceGroup } from "./runFlags.ts"

const output = { json: toggle("json", "Print settings and findings as one JSON object on stdout") }

const { noProgress, quiet } = outputFlags
const withoutEffect = { dryRun, ...clusterFlags, quiet, noProgress }

/** All flags of `etl run`, so that its command line can be checked unchanged. */
export const checkFlags = {
  ...checkedSourceFlags,
  ...loadFlags,
  ...formatFlags,
  ...locatorFlags,
  ...output,
  ...withoutEffect,
  ...databaseFlags,
}

export type CheckFlags = Command.Command.Config.Infer<typeof checkFlags>

export const checkGroups: ReadonlyArray<FlagGroup> = [
  sourceGroup(checkedSourceFlags),
  { title: "Loading", flags: loadFlags },
  formatGroup,
  locatorGroup,
  { title: "Output", flags: output },
  databaseGroup,
  { title: "Flags of etl run without effect here", flags: withoutEffect },
]

/** `etl run` requires a source: its rules expect one. */
const withSource = (values: Readonly<Record<string, unknown>>) => ({
  ...values,
  source: Option.getOrElse(values["source"] as CheckFlags["source"], () => "."),
})

/** The rules of `etl run`, for a source that is optional. */
export const checkChecks = runChecks.map(({ keys, problem }): Check => ({
  keys,
  problem: keys.includes("source") ? (values) => problem(withSource(values)) : problem,
}))
