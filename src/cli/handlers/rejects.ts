// `etl rejects`: lists, writes or deletes the rejects of a run; lists or deletes its bad values.

import { Console, Effect, Option } from "effect"
import type { RunRecord } from "../../domain/RunRecord.ts"
import { RejectRepo } from "../../repo/RejectRepo.ts"
import { RunHistory } from "../../repo/RunHistory.ts"
import { capitalized, plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { quote } from "../../text/shell.ts"
import type { RejectsFlags } from "../commands/rejects.ts"
import { logEnd } from "../Defect.ts"
import { existingHistory, withLog, withOptionalLog } from "../layers.ts"
import { formatBadValues } from "../output/badValues.ts"
import { stdoutClosed } from "../output/stdoutClosed.ts"
import type { RejectFiles } from "../output/rejectFiles.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { etl } from "../../text/etl.ts"

export const layer = (flags: RejectsFlags) =>
  existingHistory(flags).pipe(Option.isSome(flags.delete) ? withLog(flags) : withOptionalLog(flags))

/** Runs that are named if the given run has none. */
const namedRuns = 10

const printNone = Effect.fnUntraced(function* (flags: RejectsFlags, { runId, totals }: RunRecord) {
  const rejects = yield* RejectRepo
  const { count, none, runs, what } = flags.values
    ? { count: totals.blanked, none: "has no bad values", runs: rejects.badValues.runs, what: "bad values" }
    : { count: totals.rejected, none: "rejected nothing", runs: rejects.runs, what: "rejects" }
  const others = yield* runs(namedRuns + 1)
  const names = others.slice(0, namedRuns).join(", ") + (others.length > namedRuns ? ", ..." : "")
  const command = `${etl} rejects${flags.values ? " --values" : ""} --run ${others[0]}${sameDatabase(flags)}`
  yield* Console.log(
    [
      count === 0 ? `Run ${runId} ${none}.` : `No ${what} of run ${runId} are kept.`,
      others.length === 0
        ? `No ${what} of other runs are kept.`
        : `${capitalized(what)} are kept of run ${names}. To list them, run: ${command}`,
    ].join("\n"),
  )
})

const list = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).files(runId)
  const same = sameDatabase(flags)
  if (files.length === 0 && !flags.json) yield* printNone(flags, run)
  else {
    const { printRejects, printRejectsJson } = yield* Effect.promise(() => import("../output/rejectList.ts"))
    const records = yield* flags.json ? printRejectsJson(runId, files) : printRejects(runId, files, same)
    yield* Effect.logDebug("rejects listed").pipe(Effect.annotateLogs({ run: runId, records }))
  }
  if (!flags.json) for (const line of formatBadValues(run.totals, runId, same)) yield* Console.log(line)
})

const listValues = Effect.fnUntraced(function* (flags: RejectsFlags, run: RunRecord) {
  const { runId } = run
  const files = yield* (yield* RejectRepo).badValues.files(runId)
  if (files.length === 0 && !flags.json) return yield* printNone(flags, run)
  const { printValues, printValuesJson } = yield* Effect.promise(() => import("../output/badValueList.ts"))
  const values = yield* flags.json ? printValuesJson(runId, files) : printValues(runId, files, sameDatabase(flags))
  yield* Effect.logDebug("bad values listed").pipe(Effect.annotateLogs({ run: runId, values }))
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
  const monthFirst = [...new Set(toLoad.flatMap((file) => file.monthFirst))]
  if (monthFirst.length > 0) {
    lines.push(`Where a date such as 3/4/2024 is refused, "MM/DD/YYYY" is the format of ${monthFirst.join(" and ")}.`)
  }
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

/** Deletes the rejects and bad values of the run, or the values alone. */
const deleteKept = Effect.fnUntraced(function* (flags: RejectsFlags, { runId }: RunRecord) {
  const repo = yield* RejectRepo
  const records = flags.values ? undefined : yield* repo.delete(runId)
  const values = yield* repo.badValues.delete(runId)
  const deleted = [
    ...(records === undefined ? [] : [plural(records, "reject")]),
    ...(records === undefined || values > 0 ? [plural(values, "bad value")] : []),
  ]
  yield* Console.log(`Deleted ${deleted.join(" and ")} of run ${runId}.`)
  yield* Effect.logDebug("rejects deleted").pipe(Effect.annotateLogs({ run: runId, records: records ?? 0, values }))
})

export const handler = Effect.fn("rejects")(function* (flags: RejectsFlags) {
  const history = yield* RunHistory
  if (Option.isSome(flags.delete)) return yield* deleteKept(flags, yield* history.find(flags.delete.value))
  const run = yield* history.find(Option.getOrElse(flags.run, () => "latest" as const))
  yield* Option.match(flags.out, {
    onNone: () => Effect.raceFirst(flags.values ? listValues(flags, run) : list(flags, run), stdoutClosed),
    onSome: (out) => write(flags, run, out),
  })
}, logEnd)
