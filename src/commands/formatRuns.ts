import { baseName, formatDuration, formatNumber, plural } from "../domain/format.ts"
import type { RunDetails, RunFile, RunRecord } from "../domain/RunRecord.ts"
import { countNames, type RecordCounts } from "../domain/RunSummary.ts"
import { printable } from "../domain/printable.ts"
import { type FittedColumn, fitTable } from "./table.ts"

/** Files of a run that are listed; JSON has all. */
const filesShown = 100

const reasonsShown = 20

const stageNames = ["extract", "transform", "locate", "load"] as const

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const twoDigits = (value: number): string => String(value).padStart(2, "0")

/** Local time, as `ls -l` has it: of another year without the hour. */
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

/** What a narrow terminal shows last comes first. */
const leftOut: Readonly<Record<keyof RecordCounts, number>> = {
  stale: 10,
  duplicate: 9,
  unchanged: 8,
  updated: 7,
  inserted: 6,
  rejected: 4,
  read: 3,
}

/** The columns of these counts, without what is 0 of all, and the cells of each. */
const countsTable = (all: ReadonlyArray<RecordCounts>) => {
  const shown = countNames.filter(
    (outcome) => outcome === "read" || outcome === "rejected" || all.some((counts) => counts[outcome] !== 0),
  )
  return {
    columns: shown.map((name): FittedColumn => ({ name, isRight: true, leaveOut: leftOut[name] })),
    cells: (counts: RecordCounts) => shown.map((outcome) => formatNumber(counts[outcome])),
  }
}

/** What a person reads of runs, newest first, in `width` columns. `total`: how many there are. */
export const formatRuns = (runs: ReadonlyArray<RunRecord>, total: number, width: number, now: Date): string => {
  const counts = countsTable(runs.map(({ totals }) => totals))
  const columns: ReadonlyArray<FittedColumn> = [
    { name: "run", isRight: true },
    { name: "when", isRight: false },
    { name: "source", isRight: false, leaveOut: 2, least: 20 },
    { name: "state", isRight: false },
    ...counts.columns,
    { name: "time", isRight: true, leaveOut: 5 },
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

/** What is left to do comes first. */
const fileOrder: ReadonlyArray<RunFile["state"]> = ["open", "waiting", "replaced", "loaded"]

const formatFiles = (files: ReadonlyArray<RunFile>, width: number): ReadonlyArray<string> => {
  if (files.length === 0) return ["No file: all were loaded by other runs, before or since."]
  const ordered = files.toSorted((left, right) => fileOrder.indexOf(left.state) - fileOrder.indexOf(right.state))
  const { cells, columns } = countsTable(files.map(({ counts }) => counts))
  const rows = ordered
    .slice(0, filesShown)
    .map(({ uri, state, counts }) => [printable(baseName(uri)), state].concat(cells(counts)))
  const more = files.length - rows.length
  return [
    ...fitTable(
      [{ name: "file", isRight: false, least: 20 }, { name: "state", isRight: false }, ...columns],
      rows,
      width,
    ),
    ...(more > 0 ? [`and ${plural(more, "other file")}: --json lists all`] : []),
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

const describeEnd = ({ endedAt, exitCode, state }: RunDetails): string =>
  endedAt === null
    ? state === "running"
      ? "not yet"
      : "nobody knows when: its last attempt was killed, or lost the database"
    : `${formatTime(endedAt)}, exit ${exitCode}`

/** What a person reads of a run in full, in `width` columns. `listRejects`: the command that lists its rejects. */
export const formatRun = (run: RunDetails, width: number, listRejects: string): string => {
  const { attempts, milliseconds, stages, state, totals } = run
  const digits = Math.max(...countNames.map((outcome) => formatNumber(totals[outcome]).length))
  return [
    `Run ${run.runId}: ${state}${run.force ? ", --force" : ""}`,
    `  source     ${printable(run.source)}`,
    `  begun      ${formatTime(run.startedAt)}`,
    ...(attempts > 1 ? [`  attempts   ${attempts}, the last begun ${formatTime(run.attemptedAt)}`] : []),
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
    ...formatFiles(run.files, width),
    ...formatReasons(run, width),
    ...(run.rejectedFor.length > 0 ? [`Each of them: ${listRejects}`] : []),
    ...(totals.rejected > 0 && run.rejectedFor.length === 0 ? ["Its rejects are no longer kept."] : []),
    ...(state === "unfinished" ? ["The command that began it goes on with it."] : []),
  ].join("\n")
}
