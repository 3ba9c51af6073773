// The flags of `etl run` for loading by workers.

import { Option } from "effect"
import { Flag } from "effect/cli"
import { defaultSplitSize } from "../../pipeline/defaults.ts"
import { flagsOfLocators } from "../locators.ts"
import { sources } from "../sources.ts"
import { type Check, check, nameOf } from "../usage/CommandUsage.ts"
import { type FlagGroup, type Limited, optional, toggle } from "./documented.ts"
import type { DatabaseFlags } from "./databaseFlags.ts"

const units = { "": 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const

const [minSize, maxSize] = [1024 ** 2, 1024 ** 4]

const parseSize = (text: string): Option.Option<number> => {
  const [, number, unit = ""] = /^(\d{1,13})([kMG]?)$/.exec(text) ?? []
  const bytes = number === undefined ? 0 : Number(number) * units[unit as keyof typeof units]
  return bytes >= minSize && bytes <= maxSize ? Option.some(bytes) : Option.none()
}

const size = (name: string): Limited<number> =>
  Object.assign(
    Flag.String(name).pipe(
      Flag.filterMap(parseSize, () => "a size from 1M to 1024G, such as 64M"),
      Flag.withMetavar("SIZE"),
    ),
    { allowed: "1M to 1024G" },
  )

export const clusterFlags = {
  cluster: toggle("cluster", "Have the workers of the database (etl worker) load the files, and follow the run"),
  splitSize: optional(size("split-size"), "With --cluster: a larger file is loaded in parts of this size", {
    unset: `${defaultSplitSize / units.M}M`,
  }),
}

export const clusterGroup: FlagGroup = {
  title: "More than one machine",
  flags: clusterFlags,
  note: "The run continues when this command is interrupted; follow it again with etl follow RUN. --geo and --concurrency are set on each worker.",
}

interface ClusterFlags extends Pick<DatabaseFlags, "embedded"> {
  readonly cluster: boolean
  readonly splitSize: Option.Option<number>
  readonly dryRun: boolean
}

const clusterCheck = check<ClusterFlags>()

/** Whether a flag of a locator is given: an optional one, a repeatable one or a switch. */
const isGiven = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Option.isOption(value) ? Option.isSome(value) : value === true

/** The message for a flag that each worker sets for itself. */
export const ofWorkers = (flag: string): string =>
  `--cluster does not take --${flag}: give it to etl worker, or omit --cluster.`

/** The workers locate, with settings of their own. */
const locatorFlagChecks = Object.keys(flagsOfLocators).map((key): Check => ({
  keys: ["cluster", key],
  problem: ({ cluster, [key]: value }) => (cluster === true && isGiven(value) ? ofWorkers(nameOf(key)) : undefined),
}))

export const clusterChecks = [
  clusterCheck(["cluster", "splitSize"], ({ cluster, splitSize }) =>
    !cluster && Option.isSome(splitSize) ? "--split-size requires --cluster: add it, or omit --split-size." : undefined,
  ),
  clusterCheck(["cluster", "dryRun"], ({ cluster, dryRun }) =>
    cluster && dryRun ? "--dry-run cannot be combined with --cluster: it reads the files in this process." : undefined,
  ),
  clusterCheck(["cluster", "embedded"], ({ cluster, embedded }) =>
    cluster && Option.isSome(embedded)
      ? "--cluster requires a PostgreSQL server that all workers can reach, not --embedded."
      : undefined,
  ),
  ...sources.flatMap(({ clusterChecks = [] }) => clusterChecks),
  ...locatorFlagChecks,
]
