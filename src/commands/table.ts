/** A column of a table for people. */
export interface Column {
  readonly name: string
  /** Numbers stand to the right. */
  readonly isRight: boolean
}

const characters = (text: string): number => [...text].length

/** How wide each column is: as its longest cell, or its name. */
const widthsOf = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> =>
  columns.map(({ name }, index) =>
    rows.reduce((width, row) => Math.max(width, characters(row[index]!)), characters(name)),
  )

/** The lines of an aligned table. Its texts must be fit for a terminal: see `printable`. */
export const formatTable = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlyArray<string> => {
  const widths = widthsOf(columns, rows)
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, index) => {
        const space = " ".repeat(widths[index]! - characters(cell))
        return columns[index]!.isRight ? `${space}${cell}` : `${cell}${space}`
      })
      .join("  ")
      .trimEnd()
  return [line(columns.map(({ name }) => name)), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)]
}
