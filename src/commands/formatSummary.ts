import type { RecordCounts, RunSummary } from "../domain/RunSummary.ts"

const number = new Intl.NumberFormat("en-US")

const outcomes: ReadonlyArray<readonly [outcome: keyof RecordCounts, meaning: string]> = [
  ["read", ""],
  ["inserted", "new users"],
  ["updated", "newer than what was stored"],
  ["unchanged", "equal to what was stored"],
  ["stale", "older than what was stored"],
  ["duplicate", "superseded within their chunk"],
  ["rejected", "could not be loaded: see etl_rejects"],
]

const formatSeconds = (milliseconds: number): string =>
  milliseconds < 60_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`

const plural = (count: number, noun: string): string => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`

/** What a person reads on stdout when a run has ended; 80 columns. */
export const formatSummary = (summary: RunSummary): string => {
  const { files, totals, addresses } = summary
  const count = (state: string) => files.filter((file) => file.state === state).length
  if (count("skipped") === files.length) {
    const these = files.length === 1 ? "The file is" : `All ${number.format(files.length)} files are`
    return `${these} already loaded. Nothing to do; --force loads again.`
  }
  const width = Math.max(...outcomes.map(([outcome]) => number.format(totals[outcome]).length))
  const lines = [
    `Run ${summary.runId}${summary.attempt > 1 ? `, attempt ${summary.attempt}` : ""}: ${plural(count("loaded"), "file")} loaded` +
      (count("skipped") > 0 ? `, ${number.format(count("skipped"))} already loaded` : "") +
      (count("failed") > 0 ? `, ${number.format(count("failed"))} failed` : ""),
    ...outcomes.map(([outcome, meaning]) =>
      `  ${outcome.padEnd(10)}${number.format(totals[outcome]).padStart(width)}  ${meaning}`.trimEnd(),
    ),
    `Addresses: ${number.format(addresses.located)} located, ${number.format(addresses.unlocatable)} without a place` +
      (addresses.waiting > 0 ? `, ${number.format(addresses.waiting)} waiting` : ""),
  ]
  for (const file of files) if (file.error !== null) lines.push(`Failed: ${file.error}`)
  if (summary.locatingError !== null) lines.push(`Locating stopped: ${summary.locatingError}`)
  if (addresses.waiting > 0) lines.push("The next run with this locator goes on with the addresses that wait.")
  const rate = Math.round((totals.read / Math.max(summary.milliseconds, 1)) * 1000)
  lines.push(`${formatSeconds(summary.milliseconds)}, ${number.format(rate)} records/s`)
  return lines.join("\n")
}
