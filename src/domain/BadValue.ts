// A value of a loaded record that could not be used, and is null.

import type { UserRecord } from "./UserRecord.ts"
import type { Reason, Reject } from "./Reject.ts"

export interface BadValue extends Pick<Reject, "byteOffset" | "line"> {
  /** Of the value's column; it never quotes a password. */
  readonly reason: Reason
}

const none: ReadonlyArray<BadValue> = []

/** The bad values of the records, in their order, without those of records that are refused after all. */
export const badValuesOf = (
  records: ReadonlyArray<UserRecord>,
  refused: ReadonlyArray<Pick<Reject, "byteOffset">>,
): ReadonlyArray<BadValue> => {
  let found: Array<BadValue> | undefined
  let left: ReadonlySet<number> | undefined
  for (const { blanked, byteOffset, line } of records) {
    if (blanked === undefined) continue
    left ??= new Set(refused.map((reject) => reject.byteOffset))
    if (left.has(byteOffset)) continue
    found ??= []
    for (const reason of blanked) found.push({ byteOffset, line, reason })
  }
  return found ?? none
}
