// Aligned tables for people.

import stringWidth from "string-width"

/** A column of a table for people. */
export interface Column {
  readonly name: string
  /** Aligned to the right, as numbers are. */
  readonly isRight: boolean
}

/** A column of a table that fits a terminal. */
export interface FittedColumn extends Column {
  /** Omitted if the table is too wide, the highest first; undefined: never. */
  readonly leaveOut?: number
  /** The text may lose its middle, down to this width; undefined: never. */
  readonly least?: number
  /** It loses its end instead. */
  readonly keepsBeginning?: boolean
}

const segmenter = new Intl.Segmenter()

/** The first characters that fit in `room` columns. */
const fitting = (characters: ReadonlyArray<string>, room: number): ReadonlyArray<string> => {
  let used = 0
  const end = characters.findIndex((character) => (used += stringWidth(character)) > room)
  return end === -1 ? characters : characters.slice(0, end)
}

/** Shortens a text to `width` columns: its middle, or its end, becomes an ellipsis. */
const shorten = (text: string, width: number, keepsBeginning: boolean): string => {
  if (stringWidth(text) <= width) return text
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment)
  const end = keepsBeginning ? 0 : Math.floor((width - 1) / 2)
  const last = fitting(characters.toReversed(), end).toReversed()
  return [...fitting(characters, width - 1 - end), "…", ...last].join("")
}

/** The width of each column: that of its longest cell, or of its name. */
const widthsOf = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  widthOf = (text: string) => stringWidth(text),
): ReadonlyArray<number> =>
  columns.map(({ name }, index) => rows.reduce((width, row) => Math.max(width, widthOf(row[index]!)), widthOf(name)))

/**
 * An aligned table: each column is as wide as its longest cell among `rows`, or its name. Cells of more than
 * `maxCellWidth` characters count as that wide, and stick out. Texts must be safe for a terminal: see `printable`.
 */
export const alignTable = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  maxCellWidth = Infinity,
) => {
  // Measuring a long text takes longer than printing it.
  const widthOf = (text: string) => (text.length > maxCellWidth ? maxCellWidth : stringWidth(text))
  const widths = widthsOf(columns, rows, widthOf)
  const line = (row: ReadonlyArray<string>): string =>
    row
      .map((cell, index) => {
        const space = " ".repeat(Math.max(0, widths[index]! - widthOf(cell)))
        return columns[index]!.isRight ? `${space}${cell}` : `${cell}${space}`
      })
      .join("  ")
      .trimEnd()
  return { head: [line(columns.map(({ name }) => name)), widths.map((width) => "-".repeat(width)).join("  ")], line }
}

/** The lines of an aligned table. */
export const formatTable = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlyArray<string> => {
  const { head, line } = alignTable(columns, rows)
  return [...head, ...rows.map(line)]
}

/** As `formatTable`, in at most `width` columns of a terminal if the columns allow it. */
export const fitTable = (
  columns: ReadonlyArray<FittedColumn>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number,
): ReadonlyArray<string> => {
  const widths = widthsOf(columns, rows)
  const least = (index: number) => {
    const { least: fewest, name } = columns[index]!
    return fewest === undefined ? widths[index]! : Math.min(widths[index]!, Math.max(fewest, stringWidth(name)))
  }
  const total = (indexes: ReadonlyArray<number>) => indexes.reduce((sum, index) => sum + least(index) + 2, -2)
  let kept = columns.map((_, index) => index)
  const order = (index: number) => columns[index]!.leaveOut ?? 0
  for (const index of kept.filter((index) => order(index) > 0).sort((left, right) => order(right) - order(left))) {
    if (total(kept) <= width) break
    kept = kept.filter((other) => other !== index)
  }
  let room = Math.max(width - total(kept), 0)
  const shown = kept.map((index) => {
    const more = Math.min(widths[index]! - least(index), room)
    room -= more
    return least(index) + more
  })
  return formatTable(
    kept.map((index) => columns[index]!),
    rows.map((row) =>
      kept.map((index, position) => shorten(row[index]!, shown[position]!, columns[index]!.keepsBeginning ?? false)),
    ),
  )
}
