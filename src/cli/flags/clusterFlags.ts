import { Option } from "effect"
import { Flag } from "effect/cli"
import { defaultSplitSize } from "../../pipeline/PipelineOptions.ts"
import { flagsOfLocators } from "../locators.ts"
import { sources } from "../sources.ts"
import { type Check, check, nameOf } from "../usage/CommandUsage.ts"
import { type FlagGroup, type Limited, optional, toggle } from "./documented.ts"
import type { DatabaseFlags } from "./databaseFlags.ts"

const units = { "": 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const

const [least, most] = [1024 ** 2, 1024 ** 4]

const parseSize = (text: string): Option.Option<number> => {
  const [, number, unit = ""] = /^(\d{1,13})([kMG]?)$/.exec(text) ?? []
  const bytes = number === undefined ? 0 : Number(number) * units[unit as keyof typeof units]
  return bytes >= least && bytes <= most ? Option.some(bytes) : Option.none()
}

const size = (name: string): Limited<number> =>
  Object.assign(
    Flag.String(name).pipe(
      Flag.filterMap(parseSize, () => "a size from 1M to 1024G, such as 64M"),
      Flag.withMetavar("SIZE"),
    ),
    { allowed: "1M to 1024G" },
  )

/** Whether workers load the files. */
export const clusterFlags = {
  cluster: toggle("cluster", "Let the workers of the database load the files (etl worker), and follow them"),
  splitSize: optional(size("split-size"), "With --cluster: a larger file is loaded in parts of this size", {
    unset: `${defaultSplitSize / units.M}M`,
  }),
}

export const clusterGroup: FlagGroup = {
  title: "More than one machine",
  flags: clusterFlags,
  note: "The run goes on when this command is interrupted: etl follow RUN. Who locates, and how many connections write, is each worker's own.",
}

interface ClusterFlags extends Pick<DatabaseFlags, "embedded"> {
  readonly cluster: boolean
  readonly splitSize: Option.Option<number>
  readonly dryRun: boolean
}

const clusterCheck = check<ClusterFlags>()

/** Whether a flag of a locator is given: one that may be left out, or repeated. */
const isGiven = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Option.isOption(value) ? Option.isSome(value) : value === true

/** Only workers locate. */
const ofLocators = Object.keys(flagsOfLocators).map((key): Check => ({
  keys: ["cluster", key],
  problem: ({ cluster, [key]: value }) =>
    cluster === true && isGiven(value)
      ? `--${nameOf(key)} is for those who locate: give it to etl worker, or leave --cluster out.`
      : undefined,
}))

export const clusterChecks = [
  clusterCheck(["cluster", "splitSize"], ({ cluster, splitSize }) =>
    !cluster && Option.isSome(splitSize)
      ? "--split-size is for --cluster: add it, or leave --split-size out."
      : undefined,
  ),
  clusterCheck(["cluster", "dryRun"], ({ cluster, dryRun }) =>
    cluster && dryRun ? "--dry-run reads the files here: leave --cluster out." : undefined,
  ),
  clusterCheck(["cluster", "embedded"], ({ cluster, embedded }) =>
    cluster && Option.isSome(embedded)
      ? "--cluster needs a PostgreSQL server that all workers reach: the embedded database has one process."
      : undefined,
  ),
  ...sources.flatMap(({ clusterChecks = [] }) => clusterChecks),
  ...ofLocators,
]
