import { Console, Effect, type Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { printable } from "../../text/printable.ts"
import type { RunRecord } from "../../domain/RunRecord.ts"
import { RejectRepo } from "../../repo/RejectRepo.ts"
import { RunHistory } from "../../repo/RunHistory.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { logEnd } from "../Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { optional, toggle } from "../flags/documented.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"
import { file } from "../flags/pathFlags.ts"
import { readerGone } from "../output/readerGone.ts"
import { runFlag } from "../flags/runName.ts"
import { plural } from "../../text/format.ts"
import { quote } from "../../text/shell.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import type { RejectFiles } from "../output/rejectFiles.ts"

const ownFlags = {
  run: optional(runFlag("run"), "Which run's rejects: latest, or its number", { unset: "latest" }),
  json: toggle("json", "Print a JSON array of rejects"),
  out: optional(
    file("out").pipe(
      // What ends in .gz would be inflated when it is loaded.
      Flag.filter(
        (path) => !/\.gz$/i.test(path),
        () => "a file name such as fix.csv, not of a .gz",
      ),
    ),
    "Write the records to a CSV file to correct and load, their reasons to another beside it",
  ),
  delete: optional(
    runFlag("delete"),
    "Delete the rejects of a run (latest, or its number): they hold personal data; goes with no other of these",
  ),
}

const rejectsFlags = { ...ownFlags, ...databaseFlags }

export type RejectsFlags = Command.Command.Config.Infer<typeof rejectsFlags>

const rejectsChecks = [
  check<RejectsFlags>()(["run", "out", "delete"], (flags) =>
    Option.isSome(flags.delete) && (Option.isSome(flags.run) || Option.isSome(flags.out))
      ? "--delete goes with neither --run nor --out: give it alone."
      : undefined,
  ),
  check<RejectsFlags>()(["json", "out", "delete"], (flags) =>
    flags.json && (Option.isSome(flags.out) || Option.isSome(flags.delete))
      ? "--json is for the list of rejects: leave it out where --out or --delete is given."
      : undefined,
  ),
  ...databaseChecks,
]

/** Runs with rejects that are named where the one that was asked for has none. */
const namedRuns = 10

const tellNone = Effect.fnUntraced(function* ({ runId, totals }: RunRecord) {
  const runs = yield* (yield* RejectRepo).runs(namedRuns + 1)
  const names = runs.slice(0, namedRuns).join(", ") + (runs.length > namedRuns ? ", ..." : "")
  yield* Console.log(
    [
      totals.rejected === 0 ? `Run ${runId} rejected nothing.` : `No rejects of run ${runId} are kept.`,
      runs.length === 0
        ? "No other run has rejects that are kept."
        : `Runs that have some: ${names}; list them with etl rejects --run ${runs[0]}`,
    ].join("\n"),
  )
})

const list = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).files(runId)
  if (files.length === 0 && !flags.json) return yield* tellNone(run)
  const { printJson, printLines } = yield* Effect.promise(() => import("../output/rejectList.ts"))
  const records = yield* flags.json ? printJson(runId, files) : printLines(runId, files, sameDatabase(flags))
  yield* Effect.logDebug("rejects listed").pipe(Effect.annotateLogs({ run: runId, records }))
})

const formatWritten = (flags: RejectsFlags, runId: number, files: ReadonlyArray<RejectFiles>): string => {
  const records = files.reduce((sum, file) => sum + file.records, 0)
  const tooLong = files.reduce((sum, file) => sum + file.tooLong, 0)
  const lines = [`${plural(records + tooLong, "reject")} of run ${runId}:`]
  for (const file of files) lines.push(`  ${file.path}: ${plural(file.records, "record")}; why: ${file.reasonsPath}`)
  if (tooLong > 0) {
    lines.push(`${plural(tooLong, "record")} too long to keep: among the reasons only`)
  }
  for (const { path, records } of files) {
    if (records > 0) lines.push(`Correct ${path}, then: etl --source ${quote(path)}${sameDatabase(flags)}`)
  }
  if (records > 0) lines.push("Give the --mapping, --delimiter and --geo that the run was given.")
  return lines.map(printable).join("\n")
}

const write = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord, out: string) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).files(runId)
  if (files.length === 0) return yield* tellNone(run)
  const { writeRejects } = yield* Effect.promise(() => import("../output/rejectFiles.ts"))
  const written = yield* writeRejects(out, runId, files)
  yield* Console.log(formatWritten(flags, runId, written))
  for (const { path, records, tooLong } of written) {
    yield* Effect.logDebug("rejects written").pipe(Effect.annotateLogs({ run: runId, path, records, tooLong }))
  }
})

const deleteRejects = Effect.fnUntraced(function* ({ runId }: RunRecord) {
  const records = yield* (yield* RejectRepo).delete(runId)
  yield* Console.log(`Deleted ${plural(records, "reject")} of run ${runId}.`)
  yield* Effect.logDebug("rejects deleted").pipe(Effect.annotateLogs({ run: runId, records }))
})

const execute = Effect.fn("rejects")(function* (flags: RejectsFlags) {
  const history = yield* RunHistory
  if (Option.isSome(flags.delete)) return yield* deleteRejects(yield* history.find(flags.delete.value))
  const run = yield* history.find(Option.getOrElse(flags.run, () => "latest" as const))
  yield* Option.match(flags.out, {
    onNone: () => Effect.raceFirst(list(flags, run), readerGone),
    onSome: (out) => write(flags, run, out),
  })
}, logEnd)

/** `etl rejects`: lists the records that a run could not load, writes them to be corrected, or deletes them. */
export const rejects = <E>(services: (flags: RejectsFlags) => Layer.Layer<RejectRepo | RunHistory, E>) =>
  Command.make("rejects", rejectsFlags, execute).pipe(
    Command.provide(services),
    Command.withDescription(
      "List the records that a run could not load, write them to a file to correct, or delete them.",
    ),
    Command.withShortDescription("List, write or delete the records that could not be loaded"),
    Command.withExamples([
      { command: "etl rejects", description: "List those of the latest run" },
      { command: "etl rejects --json", description: "The same for another program" },
      { command: "etl rejects --run 3 --out fix.csv", description: "Write those of run 3; correct them, load fix.csv" },
      { command: "etl rejects --delete 3", description: "Delete those of run 3" },
    ]),
    withUsage({
      config: rejectsFlags,
      groups: [{ title: "Rejects", flags: ownFlags }, databaseGroup],
      checks: rejectsChecks,
      exitCodes: plainExitCodes,
    }),
  )
