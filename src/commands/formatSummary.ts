import { printable } from "../Logging.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import { describeQueue, formatDuration, plural } from "../domain/Estimate.ts"
import type { LocatingSummary, RecordCounts, RunSummary } from "../domain/RunSummary.ts"

const number = new Intl.NumberFormat("en-US")

const outcomes: ReadonlyArray<readonly [outcome: keyof RecordCounts, meaning: string]> = [
  ["read", ""],
  ["inserted", "new users"],
  ["updated", "newer than what was stored"],
  ["unchanged", "equal to what was stored"],
  ["stale", "older than what was stored"],
  ["duplicate", "superseded within their chunk"],
  ["rejected", "could not be loaded: see etl rejects"],
]

const formatPlaces = ({ addresses, serviceRate, locatingError }: LocatingSummary): ReadonlyArray<string> => {
  const { located, unlocatable, remembered, local, service, requests, refusals, waiting } = addresses
  const lines: Array<string> = []
  if (located + unlocatable + waiting > 0) {
    lines.push(
      `Addresses: ${number.format(located)} located, ${number.format(unlocatable)} without a place` +
        (waiting > 0 ? `, ${number.format(waiting)} waiting` : ""),
    )
    const answerers = [
      [remembered, "from memory"],
      [local, "by the local database"],
      [service, `by the service in ${plural(requests, "request")}`],
    ] as const
    const answered = answerers.filter(([count]) => count > 0).map(([count, who]) => `${number.format(count)} ${who}`)
    if (answered.length > 0) lines.push(`  answered: ${answered.join(", ")}`)
    const reasons = Object.entries(addresses.reasons)
      .toSorted(([, left], [, right]) => right - left)
      .map(([reason, count]) => `${number.format(count)} ${reason}`)
    if (reasons.length > 0) lines.push(`  without a place: ${reasons.join(", ")}`)
  }
  if (requests > 0 && service === 0) lines.push(`No answer came to ${plural(requests, "request")}.`)
  if (refusals > 0) lines.push(`The service refused ${plural(refusals, "request")} as too many (429).`)
  if (locatingError !== null) lines.push(`Locating stopped: ${printable(locatingError)}`)
  if (waiting > 0) lines.push(`${describeQueue(waiting, serviceRate)}.`, "etl locate goes on.")
  return lines
}

/** What a person reads on stdout when locating has ended; 80 columns. */
export const formatLocating = (summary: LocatingSummary): string => {
  const places = formatPlaces(summary)
  return [
    ...(places.length === 0 ? ["No user waits for a place."] : places),
    formatDuration(summary.milliseconds),
  ].join("\n")
}

/** What a person reads on stdout when a run has ended; 80 columns. */
export const formatSummary = (summary: RunSummary, maxRejects: RejectLimit.RejectLimit): string => {
  const { files, totals } = summary
  const count = (state: string) => files.filter((file) => file.state === state).length
  const places = formatPlaces(summary)
  if (count("skipped") === files.length) {
    const these = files.length === 1 ? "The file is" : `All ${number.format(files.length)} files are`
    return [`${these} already loaded. Nothing to do; --force loads again.`, ...places].join("\n")
  }
  const width = Math.max(...outcomes.map(([outcome]) => number.format(totals[outcome]).length))
  const lines = [
    `Run ${summary.runId}${summary.attempt > 1 ? `, attempt ${summary.attempt}` : ""}: ${plural(count("loaded"), "file")} loaded` +
      (count("skipped") > 0 ? `, ${number.format(count("skipped"))} already loaded` : "") +
      (count("failed") > 0 ? `, ${number.format(count("failed"))} failed` : "") +
      (count("open") > 0 ? `, ${number.format(count("open"))} not finished` : ""),
    ...outcomes.map(([outcome, meaning]) =>
      `  ${outcome.padEnd(10)}${number.format(totals[outcome]).padStart(width)}  ${meaning}`.trimEnd(),
    ),
    ...places,
  ]
  for (const file of files) if (file.error !== null) lines.push(`Failed: ${printable(file.error)}`)
  if (summary.stopped) {
    lines.push(
      `Stopped: more records are rejected than --max-rejects ${RejectLimit.format(maxRejects)} allows.`,
      "What was read is committed. Correct the files, or go on with a larger --max-rejects.",
    )
  }
  const rate = Math.round((totals.read / Math.max(summary.milliseconds, 1)) * 1000)
  // Earlier attempts took time of their own.
  const speed = summary.attempt === 1 ? `, ${number.format(rate)} records/s` : ""
  lines.push(`${formatDuration(summary.milliseconds)}${speed}`)
  return lines.join("\n")
}
