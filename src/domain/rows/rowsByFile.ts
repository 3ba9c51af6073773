// Which rows are of which file, where rows have records of several.

import type { RowSet } from "./RowSet.ts"

/** The numbers of the rows, in their order, by the number of their file. */
export const rowsByFile = ({
  numbers,
  rows,
}: Pick<RowSet, "numbers" | "rows">): ReadonlyMap<number, ReadonlyArray<number>> =>
  Map.groupBy(numbers, (row) => rows.fileIds[row]!)
