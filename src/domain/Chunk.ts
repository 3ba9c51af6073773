// The unit of commit: consecutive records of a file.

import type { Format } from "./Format.ts"
import type { Reject } from "./Reject.ts"
import type { Rows } from "./rows/Rows.ts"

/** A position between two records of a file: the (inflated) bytes before it, and its physical line. */
export interface Position {
  readonly byteOffset: number
  readonly line: number
}

/** Each of its records is in `rows` or in `rejects`, in the file's order. */
export interface Chunk {
  readonly rows: Rows
  readonly rejects: ReadonlyArray<Reject>
  readonly from: Position
  readonly to: Position
  /** The bytes of the file's header, without its line end: a load that resumes at `to` needs them. */
  readonly header: Uint8Array
  readonly format: Format
  /** The file, or its range that is read, ends with this chunk. False also where the chunk is full exactly there. */
  readonly isLast: boolean
}
