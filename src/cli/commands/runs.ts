// `etl runs`: what was loaded when, and how it ended.

import { Option } from "effect"
import { Argument, Command } from "effect/cli"
import { boundedInt } from "../flags/boundedInt.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { optional, toggle } from "../flags/documented.ts"
import { runArgument } from "../flags/runName.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

/** Runs that are listed by default. */
export const runsListed = 20

const listFlags = {
  limit: optional(boundedInt("limit", 1, 1_000_000), "Number of runs to list, newest first", {
    unset: String(runsListed),
  }),
  json: toggle("json", "Print a JSON array of runs, or a JSON object of one run"),
}

const runsFlags = {
  run: runArgument("Run to show in full: latest, or its number").pipe(Argument.optional),
  ...listFlags,
  ...databaseFlags,
}

export type RunsFlags = Command.Command.Config.Infer<typeof runsFlags>

const runsChecks = [
  check<RunsFlags>()(["run", "limit"], ({ limit, run }) =>
    Option.isSome(run) && Option.isSome(limit)
      ? "--limit cannot be combined with <RUN>: it limits the list of runs."
      : undefined,
  ),
  ...databaseChecks,
]

export const runs = lazyCommand("runs", runsFlags, () => import("../handlers/runs.ts")).pipe(
  Command.withDescription("List the runs, or show one in full: its files, stage times, and why records were rejected."),
  Command.withShortDescription("List the runs, or show one in full"),
  Command.withExamples([
    { command: "etl runs", description: `The last ${runsListed}` },
    { command: "etl runs latest", description: "The latest in full" },
    { command: "etl runs 3 --json", description: "Run 3 for another program" },
  ]),
  withUsage({
    config: runsFlags,
    groups: [{ title: "Runs", flags: listFlags }, databaseGroup],
    checks: runsChecks,
    exitCodes: plainExitCodes,
  }),
)
