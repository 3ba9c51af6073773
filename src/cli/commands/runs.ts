import { Clock, Console, Effect, type Layer, Option, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { toIndentedJson } from "../../text/printable.ts"
import { RunDetails, type RunName, RunRecord } from "../../domain/RunRecord.ts"
import { RunHistory } from "../../repo/RunHistory.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { logEnd } from "../Defect.ts"
import { optional, toggle } from "../flags/documented.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"
import { expectedRunName, parseRunName } from "../flags/runName.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { stdoutWidth } from "../output/stdoutWidth.ts"
import { boundedInt } from "../flags/boundedInt.ts"

/** Runs that are listed where nobody says how many. */
const runsListed = 20

const listFlags = {
  limit: optional(boundedInt("limit", 1, 1_000_000), "How many runs to list, newest first", {
    unset: String(runsListed),
  }),
  json: toggle("json", "Print a JSON array of runs, or of one run a JSON object"),
}

const runsFlags = {
  run: Argument.String("RUN").pipe(
    Argument.filterMap(parseRunName, () => expectedRunName),
    Argument.withDescription("Which run to show in full: latest, or its number"),
    Argument.optional,
  ),
  ...listFlags,
  ...databaseFlags,
}

export type RunsFlags = Command.Command.Config.Infer<typeof runsFlags>

const runsChecks = [
  check<RunsFlags>()(["run", "limit"], ({ limit, run }) =>
    Option.isSome(run) && Option.isSome(limit)
      ? "--limit is for the list of runs: leave it out where one run is named."
      : undefined,
  ),
  ...databaseChecks,
]

const encodeRuns = Schema.encodeEffect(Schema.Array(RunRecord))
const encodeRun = Schema.encodeEffect(RunDetails)

const printJson = (value: unknown) => Console.log(toIndentedJson(value))

const format = Effect.promise(() => import("../output/formatRuns.ts"))

const list = Effect.fnUntraced(function* ({ json, limit }: RunsFlags) {
  const { runs, total } = yield* (yield* RunHistory).latest(Option.getOrElse(limit, () => runsListed))
  const now = new Date(yield* Clock.currentTimeMillis)
  const { formatRuns } = yield* format
  yield* json
    ? printJson(yield* Effect.orDie(encodeRuns(runs)))
    : Console.log(formatRuns(runs, total, stdoutWidth(), now))
})

const show = Effect.fnUntraced(function* (flags: RunsFlags, name: RunName) {
  const run = yield* (yield* RunHistory).details(name)
  const { formatRun } = yield* format
  yield* flags.json
    ? printJson(yield* Effect.orDie(encodeRun(run)))
    : Console.log(formatRun(run, stdoutWidth(), sameDatabase(flags)))
})

const execute = Effect.fn("runs")(
  (flags: RunsFlags) => Option.match(flags.run, { onNone: () => list(flags), onSome: (name) => show(flags, name) }),
  logEnd,
)

/** `etl runs`: what was loaded when, and how it ended. */
export const runs = <E>(services: (flags: RunsFlags) => Layer.Layer<RunHistory, E>) =>
  Command.make("runs", runsFlags, execute).pipe(
    Command.provide(services),
    Command.withDescription(
      "List the runs, or show one in full: its files, stage times, and why records were rejected.",
    ),
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
