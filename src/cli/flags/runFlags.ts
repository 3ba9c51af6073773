// The flags of `etl run`, and the rules about them.

import { availableParallelism } from "node:os"
import { type Command, Flag } from "effect/cli"
import { laneCount } from "../../domain/laneOf.ts"
import * as RejectLimit from "../../domain/RejectLimit.ts"
import { defaults } from "../../pipeline/defaults.ts"
import { chosenSource, sourceFlags, sources } from "../sources.ts"
import { clusterChecks, clusterFlags, clusterGroup } from "./clusterFlags.ts"
import { type Check, check } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { formatChecks, formatFlags, formatGroup } from "./formatFlags.ts"
import { type FlagGroup, toggle, withDefault } from "./documented.ts"
import { locatorChecks, locatorFlags, locatorGroup, serviceProblem } from "./locatorFlags.ts"
import { outputFlags, outputGroup } from "./outputFlags.ts"
import { file } from "./pathFlags.ts"
import { boundedInt } from "./boundedInt.ts"

/** At least two: the server works while this process does. More than there are processors only wait for each other. */
const concurrency = Math.min(Math.max(availableParallelism(), 2), 8)

export const loadFlags = {
  mapping: withDefault(
    file("mapping"),
    "./column_mappings.json",
    "JSON file: header name in the files -> column of users; it may say the format of the files too",
  ),
  chunksize: withDefault(
    boundedInt("chunksize", 1, 100_000),
    defaults.chunkSize,
    "Records per commit; each connection commits its share of them",
  ),
  concurrency: withDefault(
    boundedInt("concurrency", 1, laneCount),
    concurrency,
    "Connections that write at once",
    (here) => `processors, from 2 to 8; here ${here}`,
  ),
  maxRecordSize: withDefault(
    boundedInt("max-record-size", 1024, 8_388_608),
    defaults.maxRecordSize,
    "Maximum bytes of a record; longer ones are rejected",
  ),
  maxRejects: withDefault(
    Flag.String("max-rejects").pipe(
      Flag.filterMap(
        RejectLimit.parse,
        () => "a whole number of records, or a percentage up to 100%, such as 10% or 0.5%",
      ),
      Flag.withMetavar("N|N%"),
    ),
    defaults.maxRejects,
    "Stop (exit 4) when the run rejects more than N records, or N% once 1000 are read",
    RejectLimit.format,
  ),
  force: toggle("force", "Load files again that are already loaded, even with another mapping or format"),
}

export const dryRun = toggle(
  "dry-run",
  "Read and check everything, write nothing but the log, and show what would be loaded",
)

export const runFlags = {
  ...sourceFlags,
  ...loadFlags,
  ...formatFlags,
  dryRun,
  ...clusterFlags,
  ...locatorFlags,
  ...outputFlags,
  ...databaseFlags,
}

export type RunFlags = Command.Command.Config.Infer<typeof runFlags>

/** `flags`: those of the command, which may require a source or not. */
export const sourceGroup = (flags: FlagGroup["flags"]): FlagGroup => ({
  title: "Source",
  flags,
  note: sources.flatMap(({ note }) => note ?? []).join(" "),
})

export const runGroups: ReadonlyArray<FlagGroup> = [
  sourceGroup(sourceFlags),
  { title: "Loading", flags: { ...loadFlags, dryRun } },
  formatGroup,
  clusterGroup,
  locatorGroup,
  outputGroup,
  databaseGroup,
]

const runCheck = check<RunFlags>()

/** Rules about --source, whatever it names. */
export const sourceChecks: ReadonlyArray<Check> = [
  {
    keys: ["source", ...sources.flatMap(({ chosenBy }) => chosenBy?.flag ?? [])],
    problem: (values) =>
      values["source"] === "" && chosenSource(values).chosenBy === undefined
        ? "--source is empty: name a directory or a file."
        : undefined,
  },
  ...sources.flatMap(({ checks = [] }) => checks),
]

/** With --cluster the workers locate: other rules report the flags of locators. */
const unlessInCluster = ({ keys, problem }: Check): Check => ({
  keys: [...keys, "cluster"],
  problem: (values) => (values["cluster"] === true ? undefined : problem(values)),
})

export const runChecks = [
  ...sourceChecks,
  ...formatChecks,
  ...locatorChecks.map(unlessInCluster),
  runCheck(["geo", "locateFor"], ({ geo, locateFor }) => serviceProblem("--locate-for", locateFor, geo)),
  runCheck(["geo", "locationsMaxAge"], ({ geo, locationsMaxAge }) =>
    serviceProblem("--locations-max-age", locationsMaxAge, geo),
  ),
  ...clusterChecks,
  ...databaseChecks,
]
