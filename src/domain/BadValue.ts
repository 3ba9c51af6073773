// A value of a loaded record that could not be used, and is null.

import type { RowSet } from "./rows/RowSet.ts"
import type { Reason, Reject } from "./Reject.ts"

export interface BadValue extends Pick<Reject, "byteOffset" | "line"> {
  /** Of the value's column; it never quotes a password. */
  readonly reason: Reason
}

const none: ReadonlyArray<BadValue> = []

/** The bad values of the users, in their order, without those of records that are refused after all. */
export const badValuesOf = (
  { numbers, rows }: RowSet,
  refused: ReadonlyArray<Pick<Reject, "byteOffset">>,
): ReadonlyArray<BadValue> => {
  if (rows.blanked.size === 0) return none
  const found: Array<BadValue> = []
  const left = new Set(refused.map((reject) => reject.byteOffset))
  for (const number of numbers) {
    const byteOffset = rows.offsets[number]!
    if (left.has(byteOffset)) continue
    for (const reason of rows.blanked.get(number) ?? []) found.push({ byteOffset, line: rows.lines[number]!, reason })
  }
  return found
}
