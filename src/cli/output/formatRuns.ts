// Formats the list of runs, and one run in full.

import { baseName, formatDuration, formatNumber, plural } from "../../text/format.ts"
import { describeFormat } from "../../domain/Format.ts"
import type { RunDetails, RunFile, RunRecord } from "../../domain/RunRecord.ts"
import { allCountNames, countNames, type RecordCounts } from "../../domain/RunSummary.ts"
import { printable } from "../../text/printable.ts"
import { giveAgain, isReading } from "../../domain/stdin.ts"
import { noRunYet } from "../../repo/NotFound.ts"
import { loadFirst } from "../advice/database.ts"
import { sources } from "../sources.ts"
import { formatBadValues } from "./badValues.ts"
import { type FittedColumn, fitTable } from "./table.ts"
import { hang } from "./wrap.ts"
import { etl } from "../../text/etl.ts"

/** Files of a run that are listed; JSON lists all. */
const filesShown = 100

const reasonsShown = 20

const formatsShown = 20

const stageNames = ["extract", "transform", "locate", "load"] as const

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const twoDigits = (value: number): string => String(value).padStart(2, "0")

/** Local time, as in `ls -l`: of another year without the hour. */
const formatShortTime = (time: Date, now: Date): string => {
  const day = `${months[time.getMonth()]} ${String(time.getDate()).padStart(2)}`
  return time.getFullYear() === now.getFullYear()
    ? `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`
    : `${day}  ${time.getFullYear()}`
}

/** Local time: `2026-11-25 17:20:31`. */
const formatTime = (time: Date): string => {
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join("-")
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(":")}`
}

/** A narrow terminal omits the highest first. */
const omitOrder: Readonly<Record<keyof RecordCounts, number>> = {
  blanked: 11,
  stale: 10,
  duplicate: 9,
  unchanged: 8,
  updated: 7,
  inserted: 5,
  rejected: 3,
  read: 2,
}

/** The columns of these counts, without those that are 0 everywhere, and the cells of each row. */
const countsTable = (all: ReadonlyArray<RecordCounts>) => {
  const shown = allCountNames.filter(
    (outcome) => outcome === "read" || outcome === "rejected" || all.some((counts) => counts[outcome] !== 0),
  )
  return {
    columns: shown.map((name): FittedColumn => ({ name, isRight: true, leaveOut: omitOrder[name] })),
    cells: (counts: RecordCounts) => shown.map((outcome) => formatNumber(counts[outcome])),
  }
}

/** The list of runs, newest first, in `width` columns. `total`: the number of all runs. */
export const formatRuns = (runs: ReadonlyArray<RunRecord>, total: number, width: number, now: Date): string => {
  if (total === 0) return `${noRunYet} ${loadFirst}`
  const counts = countsTable(runs.map(({ totals }) => totals))
  const columns: ReadonlyArray<FittedColumn> = [
    { name: "run", isRight: true },
    { name: "when", isRight: false },
    { name: "source", isRight: false, leaveOut: 4, least: 8 },
    { name: "state", isRight: false },
    ...counts.columns,
    { name: "time", isRight: true, leaveOut: 6 },
    { name: "exit", isRight: true },
  ]
  const rows = runs.map((run) => [
    String(run.runId),
    formatShortTime(run.attemptedAt, now),
    printable(run.source),
    run.state,
    ...counts.cells(run.totals),
    run.milliseconds === null ? "" : formatDuration(run.milliseconds),
    run.exitCode === null ? "" : String(run.exitCode),
  ])
  const isAll = total <= runs.length
  return [
    ...fitTable(columns, rows, width),
    isAll
      ? plural(total, "run")
      : `The last ${formatNumber(runs.length)} of ${plural(total, "run")}: --limit ${total} shows all`,
  ].join("\n")
}

/** Unfinished files come first. */
const fileOrder: ReadonlyArray<RunFile["state"]> = ["failed", "open", "waiting", "replaced", "gone", "loaded"]

/** How files are read, where that is not plain: a line for all that are read in one way. */
const formatFormats = (files: ReadonlyArray<RunFile>, width: number): ReadonlyArray<string> => {
  const described = files.flatMap(({ format, uri }) => {
    const text = format === null ? undefined : describeFormat(format)
    return text === undefined ? [] : [{ text, name: baseName(uri) }]
  })
  const formats = [...Map.groupBy(described, ({ text }) => text)]
  const more = formats.length - formatsShown
  return [
    ...formats.slice(0, formatsShown).flatMap(([text, [first, ...others]]) => {
      const names = others.length === 0 ? first!.name : `${first!.name} and ${plural(others.length, "other file")}`
      return hang("  ", printable(`Format of ${names}: ${text}`), width, "")
    }),
    ...(more > 0 ? [`and ${plural(more, "other format")}: --json lists all`] : []),
  ]
}

const formatFiles = ({ files, state }: RunDetails, width: number): ReadonlyArray<string> => {
  if (files.length === 0 && state === "running") return ["No file yet: the source is not listed yet."]
  if (files.length === 0 && state === "failed") {
    return ["No file: none was listed, or other runs have taken them over. The log says why."]
  }
  if (files.length === 0) return ["No file: other runs have loaded all of them, before or since."]
  const ordered = files.toSorted((left, right) => fileOrder.indexOf(left.state) - fileOrder.indexOf(right.state))
  const { cells, columns } = countsTable(files.map(({ counts }) => counts))
  const shown = ordered.slice(0, filesShown)
  const rows = shown.map(({ uri, state, counts }) => [printable(baseName(uri)), state].concat(cells(counts)))
  const more = files.length - rows.length
  return [
    ...fitTable(
      [{ name: "file", isRight: false, least: 20 }, { name: "state", isRight: false }, ...columns],
      rows,
      width,
    ),
    ...(more > 0 ? [`and ${plural(more, "other file")}: --json lists all`] : []),
    ...formatFormats(ordered, width),
    ...shown.flatMap(({ error, state }) => (state === "failed" ? [`Failed: ${printable(error ?? "")}`] : [])),
  ]
}

const reasonColumns: ReadonlyArray<FittedColumn> = [
  { name: "records", isRight: true },
  { name: "rejected because", isRight: false, least: 30 },
  { name: "first", isRight: false, least: 12, leaveOut: 1 },
]

const formatReasons = ({ rejectedFor }: RunDetails, width: number): ReadonlyArray<string> => {
  if (rejectedFor.length === 0) return []
  const rows = rejectedFor
    .slice(0, reasonsShown)
    .map(({ reason, records, file, line }) => [formatNumber(records), printable(reason), `${printable(file)}:${line}`])
  const more = rejectedFor.length - rows.length
  return [
    "",
    ...fitTable(reasonColumns, rows, width),
    ...(more > 0 ? [`and ${plural(more, "other reason")}: --json lists all`] : []),
  ]
}

const describeEnd = ({ endedAt, exitCode, finishedAt, state }: RunDetails): string => {
  if (endedAt !== null) return `${formatTime(endedAt)}, exit ${exitCode}`
  if (finishedAt !== null) return `${formatTime(finishedAt)}; exit code unknown`
  if (state === "cancelled") return "not yet: its workers end it between two chunks"
  return state === "running" ? "not yet" : "unknown: its last attempt was killed, or lost the database"
}

/** The flags that name a source again. */
const sameSource = (uri: string): string => sources.flatMap(({ flagsOf }) => flagsOf(uri) ?? [])[0]!

/** What to do next with a run. */
const formatNext = (
  { cluster, exitCode, files, force, runId, source, state }: RunDetails,
  same: string,
): ReadonlyArray<string> => {
  if (state === "running" && cluster) {
    return [`Follow it: ${etl} follow ${runId}${same}`, `Stop it: ${etl} cancel ${runId}${same}`]
  }
  if (state === "finished" || state === "nothing to do" || state === "running") return []
  const command = `${etl} ${sameSource(source)}${force ? " --force" : ""}${cluster ? " --cluster" : ""}${same} [its other flags]`
  if (isReading(source)) return [`${giveAgain} to: ${printable(command)}`]
  return [
    ...(files.some(({ state }) => state === "failed") ? ["First correct the files that failed."] : []),
    ...(exitCode === 4 ? ["It stopped at --max-rejects: correct the files, or use a larger --max-rejects."] : []),
    `To ${state === "failed" ? "retry" : "resume"}, run: ${printable(command)}`,
  ]
}

/** A run in full, in `width` columns. `same`: the flags that name the database again. */
export const formatRun = (run: RunDetails, width: number, same: string): string => {
  const { attempts, milliseconds, stages, state, totals } = run
  const digits = Math.max(...countNames.map((outcome) => formatNumber(totals[outcome]).length))
  return [
    `Run ${run.runId}: ${state}${run.cluster ? ", --cluster" : ""}${run.force ? ", --force" : ""}`,
    `  source     ${printable(run.source)}`,
    `  started    ${formatTime(run.startedAt)}`,
    ...(attempts > 1 ? [`  attempts   ${attempts}, the last started ${formatTime(run.attemptedAt)}`] : []),
    `  ended      ${describeEnd(run)}`,
    ...(milliseconds === null ? [] : [`  time       ${formatDuration(milliseconds)}`]),
    ...(stages === null
      ? []
      : stageNames.map(
          (stage) =>
            `    ${stage.padEnd(9)}  ${formatDuration(stages[stage])}${stage === "load" ? ", all connections together" : ""}`,
        )),
    ...countNames.map((outcome) => `  ${outcome.padEnd(9)}  ${formatNumber(totals[outcome]).padStart(digits)}`),
    "",
    ...formatFiles(run, width),
    ...formatReasons(run, width),
    ...(run.rejectedFor.length > 0 ? [`To list the rejects, run: ${etl} rejects --run ${run.runId}${same}`] : []),
    ...(totals.rejected > 0 && run.rejectedFor.length === 0 ? ["Its rejects are no longer kept."] : []),
    ...formatBadValues(totals, run.runId, same),
    ...formatNext(run, same),
  ].join("\n")
}
