// The table of files in the summary of a run.

import type { FileSummary, RecordCounts, RunSummary } from "../../domain/RunSummary.ts"
import { formatNumber, plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { type FittedColumn, fitTable } from "./table.ts"
import { etl } from "../../text/etl.ts"

/** Files that get a row of their own. */
const maxRows = 20

/** A row: a file, or all of them. */
interface Row {
  readonly name: string
  readonly counts: RecordCounts
  readonly located: number
  readonly queued: number
  readonly milliseconds: number
}

interface Figure {
  readonly name: string
  readonly of: (row: Row) => number
  readonly format?: (value: number) => string
  /** Figures of the lowest rank are omitted first if there is no room. */
  readonly rank: number
}

const rateOf = ({ counts, milliseconds }: Row): number =>
  milliseconds === 0 ? 0 : Math.round((counts.read / milliseconds) * 1_000)

const figures: ReadonlyArray<Figure> = [
  { name: "read", of: ({ counts }) => counts.read, rank: 10 },
  { name: "inserted", of: ({ counts }) => counts.inserted, rank: 8 },
  { name: "updated", of: ({ counts }) => counts.updated, rank: 7 },
  { name: "unchanged", of: ({ counts }) => counts.unchanged, rank: 4 },
  { name: "stale", of: ({ counts }) => counts.stale, rank: 1 },
  { name: "duplicate", of: ({ counts }) => counts.duplicate, rank: 0 },
  { name: "rejected", of: ({ counts }) => counts.rejected, rank: 9 },
  { name: "blanked", of: ({ counts }) => counts.blanked, rank: 3 },
  { name: "located", of: ({ located }) => located, rank: 2 },
  { name: "queued", of: ({ queued }) => queued, rank: 6 },
  { name: "seconds", of: ({ milliseconds }) => milliseconds / 1_000, format: (value) => value.toFixed(1), rank: 5 },
  { name: "records/s", of: rateOf, rank: 3 },
]

/** Longer names lose their middle if there is no room. */
const nameWidth = 24

const toRow = ({ counts, located, milliseconds, name, queued, state }: FileSummary): Row => ({
  name: `${printable(name)}${state === "loaded" ? "" : state === "open" ? " (not finished)" : " (failed)"}`,
  counts,
  located,
  queued,
  milliseconds,
})

/** A figure of this rank is never omitted. */
const highestRank = 10

const toColumn = ({ name, rank }: Figure): FittedColumn =>
  rank === highestRank ? { name, isRight: true } : { name, isRight: true, leaveOut: highestRank - rank }

/** The files with failures and the most rejects, in the files' order. */
const chosen = (files: ReadonlyArray<FileSummary>): ReadonlyArray<FileSummary> => {
  const urgency = ({ counts, state }: FileSummary) => (state === "loaded" ? counts.rejected : Infinity)
  const urgent = new Set(files.toSorted((left, right) => urgency(right) - urgency(left)).slice(0, maxRows))
  return files.filter((file) => urgent.has(file))
}

/**
 * A row for each file of a run that was not skipped, and the total; empty for fewer than two files. No wider than
 * `width`. A column that is 0 everywhere is omitted.
 */
export const fileTable = (summary: RunSummary, width: number): ReadonlyArray<string> => {
  const { attempt, files, milliseconds, runId, totals } = summary
  const read = files.filter(({ state }) => state !== "skipped")
  if (read.length < 2) return []
  const all: Row = {
    name: "total",
    counts: totals,
    located: read.reduce((sum, { located }) => sum + located, 0),
    queued: read.reduce((sum, { queued }) => sum + queued, 0),
    milliseconds,
  }
  const rows = [...chosen(read).map(toRow), all]
  const shown = figures
    // The records are those of all attempts, the time that of the last one.
    .filter(({ of }) => of !== rateOf || attempt === 1)
    .filter(({ of }) => rows.some((row) => of(row) !== 0))
  const table = fitTable(
    [{ name: "file", isRight: false, least: nameWidth }, ...shown.map(toColumn)],
    rows.map((row) => [row.name].concat(shown.map(({ of, format = formatNumber }) => format(of(row))))),
    width,
  )
  const others = read.length - maxRows
  return [...table, ...(others > 0 ? [`and ${plural(others, "more file")}: ${etl} runs ${runId}`] : [])]
}
