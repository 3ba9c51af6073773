// The defaults of a run's options, apart: the command's help needs nothing else of the pipeline.

import type { RejectLimit } from "../domain/RejectLimit.ts"

/** Bytes: a larger file is loaded in parts where several machines load. */
export const defaultSplitSize = 256 * 1024 * 1024

/** The command has them too, but for `concurrency`: it takes that from the machine's processors. */
export const defaults = {
  chunkSize: 10_000,
  concurrency: 4,
  maxRecordSize: 1_048_576,
  maxRejects: { _tag: "Percent", percent: 10 } satisfies RejectLimit,
  force: false,
} as const
