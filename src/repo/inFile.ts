// Names the file of rows that lack it: a file's records do not repeat its number.

/** The rows, each with the file's number. */
export const inFile = <Row extends object>(
  { fileId }: { readonly fileId: number },
  rows: ReadonlyArray<Row>,
): ReadonlyArray<Row & { readonly fileId: number }> => rows.map((row) => ({ ...row, fileId }))
