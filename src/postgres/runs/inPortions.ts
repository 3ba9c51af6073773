// Divides rows among statements: the arrays of one are copied several times before they are sent.

/** Bytes of rows in one statement; its last row may exceed them. */
const maxBytes = 1024 * 1024

/** The rows, in order. `bytesOf`: about how much memory a row takes. */
export const inPortions = <A>(rows: ReadonlyArray<A>, bytesOf: (row: A) => number): ReadonlyArray<ReadonlyArray<A>> => {
  const portions: Array<ReadonlyArray<A>> = []
  let start = 0
  let held = 0
  for (const [index, row] of rows.entries()) {
    held += bytesOf(row)
    if (held < maxBytes && index + 1 < rows.length) continue
    portions.push(rows.slice(start, index + 1))
    start = index + 1
    held = 0
  }
  return portions
}
