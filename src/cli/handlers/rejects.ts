// `etl rejects`: lists, writes or deletes the rejects of a run.

import { Console, Effect, Option } from "effect"
import type { RunRecord } from "../../domain/RunRecord.ts"
import { RejectRepo } from "../../repo/RejectRepo.ts"
import { RunHistory } from "../../repo/RunHistory.ts"
import { plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { quote } from "../../text/shell.ts"
import type { RejectsFlags } from "../commands/rejects.ts"
import { logEnd } from "../Defect.ts"
import { existingHistory, withLog, withOptionalLog } from "../layers.ts"
import { stdoutClosed } from "../output/stdoutClosed.ts"
import type { RejectFiles } from "../output/rejectFiles.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { etl } from "../../text/etl.ts"

export const layer = (flags: RejectsFlags) =>
  existingHistory(flags).pipe(Option.isSome(flags.delete) ? withLog(flags) : withOptionalLog(flags))

/** Runs with rejects that are listed if the given run has none. */
const namedRuns = 10

const printNone = Effect.fnUntraced(function* (flags: RejectsFlags, { runId, totals }: RunRecord) {
  const runs = yield* (yield* RejectRepo).runs(namedRuns + 1)
  const names = runs.slice(0, namedRuns).join(", ") + (runs.length > namedRuns ? ", ..." : "")
  yield* Console.log(
    [
      totals.rejected === 0 ? `Run ${runId} rejected nothing.` : `No rejects of run ${runId} are kept.`,
      runs.length === 0
        ? "No rejects of other runs are kept."
        : `Rejects are kept of run ${names}. To list them, run: ${etl} rejects --run ${runs[0]}${sameDatabase(flags)}`,
    ].join("\n"),
  )
})

const list = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).files(runId)
  if (files.length === 0 && !flags.json) return yield* printNone(flags, run)
  const { printJson, printLines } = yield* Effect.promise(() => import("../output/rejectList.ts"))
  const records = yield* flags.json ? printJson(runId, files) : printLines(runId, files, sameDatabase(flags))
  yield* Effect.logDebug("rejects listed").pipe(Effect.annotateLogs({ run: runId, records }))
})

const formatWritten = (flags: RejectsFlags, runId: number, files: ReadonlyArray<RejectFiles>): string => {
  const records = files.reduce((sum, file) => sum + file.records, 0)
  const tooLong = files.reduce((sum, file) => sum + file.tooLong, 0)
  const lines = [`${plural(records + tooLong, "reject")} of run ${runId}:`]
  for (const file of files)
    lines.push(`  ${file.path}: ${plural(file.records, "record")}; reasons: ${file.reasonsPath}`)
  if (tooLong > 0) {
    lines.push(`${plural(tooLong, "record")} too long to keep: only the reasons are written`)
  }
  const toLoad = files.filter((file) => file.records > 0)
  for (const file of toLoad) {
    const command = `${etl} --source ${quote(file.path)}${file.flags}${sameDatabase(flags)}`
    lines.push(`Correct ${file.path}, then run: ${command}`)
  }
  const delimiter = toLoad.some(({ isEarlier }) => isEarlier)
    ? ", and --delimiter where the file has none of , ; tab |"
    : ""
  if (toLoad.length > 0) lines.push(`Use the same --mapping and --geo as that run${delimiter}.`)
  return lines.map(printable).join("\n")
}

const write = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord, out: string) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).files(runId)
  if (files.length === 0) return yield* printNone(flags, run)
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

export const handler = Effect.fn("rejects")(function* (flags: RejectsFlags) {
  const history = yield* RunHistory
  if (Option.isSome(flags.delete)) return yield* deleteRejects(yield* history.find(flags.delete.value))
  const run = yield* history.find(Option.getOrElse(flags.run, () => "latest" as const))
  yield* Option.match(flags.out, {
    onNone: () => Effect.raceFirst(list(flags, run), stdoutClosed),
    onSome: (out) => write(flags, run, out),
  })
}, logEnd)
