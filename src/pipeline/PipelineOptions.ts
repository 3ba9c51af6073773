// The options of a run, and their defaults.

import type { Duration } from "effect"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import type { RejectLimit } from "../domain/RejectLimit.ts"

export interface PipelineOptions {
  readonly mapping: ColumnMapping
  /** Between fields: one ASCII character, no quote and no line end. */
  readonly delimiter: string
  /** Records of a chunk, at most: 1 to 100,000. */
  readonly chunkSize: number
  /** Connections that write at once: 1 to 16. The tables are the same for any. */
  readonly concurrency: number
  /** Bytes of a record, at most: 1 KiB to 8 MiB. A longer one is rejected, and no more of it is kept. */
  readonly maxRecordSize: number
  /** The run stops when it has rejected more. */
  readonly maxRejects: RejectLimit
  /** Loads files again that are loaded already. */
  readonly force: boolean
  /** How long locating may take once the files are loaded; undefined: until no address is pending. */
  readonly locateFor: Duration.Duration | undefined
  /** Answers of the service that are older are requested again, for addresses of the files; undefined: never. */
  readonly locationsMaxAge: Duration.Duration | undefined
}

/** Bytes: a larger file is loaded in parts where several machines load. */
export const defaultSplitSize = 256 * 1024 * 1024

/** The command's defaults, except `concurrency`, which depends on the machine's processors. */
export const defaults: Omit<PipelineOptions, "mapping"> = {
  delimiter: ",",
  chunkSize: 1000,
  concurrency: 4,
  maxRecordSize: 1_048_576,
  maxRejects: { _tag: "Percent", percent: 10 },
  force: false,
  locateFor: undefined,
  locationsMaxAge: undefined,
}
