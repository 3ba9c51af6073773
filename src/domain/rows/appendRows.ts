// Adds copies of consecutive rows to others.

import { dayColumns, textColumns } from "./layout.ts"
import type { Rows } from "./Rows.ts"

const texts = textColumns.length
const days = dayColumns.length

/** The rows from `first` to before `end`, of which none is `blanked`. */
export const appendRows = (to: Rows, from: Rows, first: number, end: number): void => {
  const { count } = to
  if (first === end) return
  const start = from.at[first]!
  const stop = end === from.count ? from.used : from.at[end]!
  to.needRows(end - first)
  to.needBytes(stop - start)
  from.bytes.copy(to.bytes, to.used, start, stop)
  const moved = to.used - start
  for (let row = first; row < end; row++) to.at[count + row - first] = from.at[row]! + moved
  to.size.set(from.size.subarray(first, end), count)
  to.starts.set(from.starts.subarray(first * texts, end * texts), count * texts)
  to.lengths.set(from.lengths.subarray(first * texts, end * texts), count * texts)
  to.days.set(from.days.subarray(first * days, end * days), count * days)
  to.seconds.set(from.seconds.subarray(first, end), count)
  to.micros.set(from.micros.subarray(first, end), count)
  to.status.set(from.status.subarray(first, end), count)
  to.lanes.set(from.lanes.subarray(first, end), count)
  to.fileIds.set(from.fileIds.subarray(first, end), count)
  to.offsets.set(from.offsets.subarray(first, end), count)
  to.lines.set(from.lines.subarray(first, end), count)
  to.used += stop - start
  to.count += end - first
}
