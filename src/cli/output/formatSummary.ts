// Formats the summary of a run, and of locating.

import { Redacted } from "effect"
import { printable } from "../../text/printable.ts"
import * as RejectLimit from "../../domain/RejectLimit.ts"
import { describeQueue } from "../../domain/Estimate.ts"
import { giveAgain, isReading } from "../../domain/stdin.ts"
import { formatDuration, formatNumber, plural } from "../../text/format.ts"
import {
  countNames,
  type FileSummary,
  type LocatingSummary,
  meaningOf,
  type RecordCounts,
  type RunSummary,
} from "../../domain/RunSummary.ts"
import { formatBadValues } from "./badValues.ts"
import { fileTable } from "./fileTable.ts"
import { etl } from "../../text/etl.ts"

const meanings = { read: "", ...meaningOf }

/** In a cluster it is not known which worker or service answered an address. */
const formatWorkersPlaces = ({ addresses, locatingError }: LocatingSummary): ReadonlyArray<string> => {
  const { located, unlocatable, waiting } = addresses
  const rest = waiting > 0 ? `${formatNumber(waiting)} still pending` : "the workers located all others"
  return [
    `Addresses: ${formatNumber(located)} located with their users, ${formatNumber(unlocatable)} without a place; ${rest}`,
    ...(locatingError === null ? [] : [`Locating stopped: ${printable(locatingError)}`]),
  ]
}

const formatPlaces = (summary: LocatingSummary): ReadonlyArray<string> => {
  const { addresses, locatingError, serviceRate } = summary
  const { located, unlocatable, remembered, local, service, waiting } = addresses
  if (addresses.requests === null && serviceRate !== null) return formatWorkersPlaces(summary)
  const requests = addresses.requests ?? 0
  const refusals = addresses.refusals ?? 0
  const lines: Array<string> = []
  if (located + unlocatable + waiting > 0) {
    lines.push(
      `Addresses: ${formatNumber(located)} located, ${formatNumber(unlocatable)} without a place` +
        (waiting > 0 ? `, ${formatNumber(waiting)} pending` : ""),
    )
    const answerers = [
      [remembered, "from memory"],
      [local, "by the local database"],
      [service, `by the service in ${plural(requests, "request")}`],
    ] as const
    const answered = answerers.filter(([count]) => count > 0).map(([count, from]) => `${formatNumber(count)} ${from}`)
    if (answered.length > 0) lines.push(`  answered: ${answered.join(", ")}`)
    const reasons = Object.entries(addresses.reasons)
      .toSorted(([, left], [, right]) => right - left)
      .map(([reason, count]) => `${formatNumber(count)} ${reason}`)
    if (reasons.length > 0) lines.push(`  without a place: ${reasons.join(", ")}`)
  }
  if (requests > 0 && service === 0) lines.push(`${plural(requests, "request")} without an answer.`)
  if (refusals > 0) lines.push(`The service refused ${plural(refusals, "request")}: too many (429).`)
  if (locatingError !== null) lines.push(`Locating stopped: ${printable(locatingError)}`)
  return lines
}

/** The next command for pending addresses. */
const nextLocating = ({ addresses, serviceRate }: LocatingSummary, same: string): ReadonlyArray<string> => {
  const { waiting, waitingForOthers } = addresses
  const others = `${plural(waitingForOthers, "other address", "other addresses")} queued: ${etl} locate${same}`
  return [
    ...(waitingForOthers > 0 ? [others] : []),
    ...(waiting > 0 ? [`${describeQueue(waiting, serviceRate)}: ${etl} locate${same}`] : []),
  ]
}

/** The text that `etl locate` prints on stdout. */
export const formatLocating = (summary: LocatingSummary, { database, same }: DatabaseNames): string => {
  const places = formatPlaces(summary)
  return [
    ...(places.length === 0 ? ["No user's place is pending."] : places),
    `Database: ${database}`,
    formatDuration(summary.milliseconds),
    ...nextLocating(summary, same),
  ].join("\n")
}

const isAllRejected = ({ read, rejected }: RecordCounts): boolean => read > 0 && rejected === read

const formatTotals = ({ attempt, files, runId, totals }: RunSummary): ReadonlyArray<string> => {
  const count = (state: FileSummary["state"]) => files.filter((file) => file.state === state).length
  const allRejected = files.filter(({ counts, state }) => state === "loaded" && isAllRejected(counts)).length
  const loaded = count("loaded") - allRejected
  const width = Math.max(...countNames.map((name) => formatNumber(totals[name]).length))
  return [
    `Run ${runId}${attempt > 1 ? `, attempt ${attempt}` : ""}: ` +
      [
        ...(loaded > 0 || allRejected === 0 ? [`${plural(loaded, "file")} loaded`] : []),
        ...(allRejected > 0
          ? [`${plural(allRejected, "file")} read and all of ${allRejected === 1 ? "its" : "their"} records rejected`]
          : []),
      ].join(", ") +
      (count("skipped") > 0 ? `, ${formatNumber(count("skipped"))} already loaded` : "") +
      (count("failed") > 0 ? `, ${formatNumber(count("failed"))} failed` : "") +
      (count("open") > 0 ? `, ${formatNumber(count("open"))} not finished` : ""),
    ...countNames.map((name) =>
      `  ${name.padEnd(10)}${formatNumber(totals[name]).padStart(width)}  ${meanings[name]}`.trimEnd(),
    ),
  ]
}

/** Why a file failed; `shown` is printed here only. */
export const formatFailure = ({ error, failure }: FileSummary): ReadonlyArray<string> => [
  ...(error === null ? [] : [`Failed: ${printable(error)}`]),
  ...(failure?.shown === undefined ? [] : [`  ${printable(Redacted.value(failure.shown))}`]),
]

/** Files whose failures are printed. */
const mostFailures = 20

const formatFailures = ({ files, runId }: RunSummary): ReadonlyArray<string> => {
  const failed = files.filter(({ error }) => error !== null)
  const others = failed.length - mostFailures
  const more = others > 0 ? [`and ${plural(others, "more failed file")}: ${etl} runs ${runId}`] : []
  return [...failed.slice(0, mostFailures).flatMap(formatFailure), ...more]
}

/** What to do next; the last line is the most important one. */
const formatNext = (summary: RunSummary, { maxRejects, rejectsOut, same }: SummaryOptions): ReadonlyArray<string> => [
  `report: ${etl} report --open${same}`,
  ...nextLocating(summary, same),
  ...formatBadValues(summary.totals, summary.runId, same),
  ...(summary.totals.rejected > 0 ? [`rejects: ${etl} rejects --run ${summary.runId} --out ${rejectsOut}${same}`] : []),
  ...formatFailures(summary),
  ...(summary.stopped
    ? [
        `Stopped: more records are rejected than --max-rejects ${maxRejects === undefined ? "" : `${RejectLimit.format(maxRejects)} `}allows.`,
        isReading(summary.source)
          ? "What was read is committed. Correct it, or use a larger --max-rejects."
          : "What was read is committed. Correct the files, or resume with a larger --max-rejects.",
      ]
    : []),
  ...(isReading(summary.source) && summary.files.some(({ state }) => state !== "loaded") ? [`${giveAgain}.`] : []),
]

interface DatabaseNames {
  /** Its name, for people. */
  readonly database: string
  /** The flags that name it again. */
  readonly same: string
}

export interface SummaryOptions extends DatabaseNames {
  /** Undefined if another command has started the run. */
  readonly maxRejects: RejectLimit.RejectLimit | undefined
  /** A name for the file of its rejects. */
  readonly rejectsOut: string
  /** Columns of the terminal. */
  readonly width: number
}

/** The text that `etl run` prints on stdout. */
export const formatSummary = (summary: RunSummary, options: SummaryOptions): string => {
  const { attempt, files, milliseconds, totals } = summary
  if (files.every(({ state }) => state === "skipped")) {
    const these = files.length === 1 ? "The file is" : `All ${formatNumber(files.length)} files are`
    return [
      `${these} already loaded. Nothing to do; --force loads again.`,
      `Database: ${options.database}`,
      ...formatPlaces(summary),
      ...nextLocating(summary, options.same),
    ].join("\n")
  }
  const rate = Math.round((totals.read / Math.max(milliseconds, 1)) * 1000)
  // The time is that of this attempt alone, the records are not.
  const speed = attempt === 1 ? `, ${formatNumber(rate)} records/s` : ""
  const table = fileTable(summary, options.width)
  return [
    ...table,
    ...(table.length > 0 ? [""] : []),
    ...formatTotals(summary),
    ...formatPlaces(summary),
    `Database: ${options.database}`,
    `${formatDuration(milliseconds)}${speed}`,
    ...formatNext(summary, options),
  ].join("\n")
}
