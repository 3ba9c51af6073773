// Inspects the beginning of a file by a mapping, or proposes one.

import type { Result } from "effect"
import type { ColumnMapping } from "../../domain/ColumnMapping.ts"
import type { HeaderOptions } from "../header.ts"
import type { HeaderError } from "../HeaderError.ts"
import type { Beginning } from "../Sample.ts"
import type { Inspection } from "./findings.ts"
import { inspectMapped } from "./inspectMapped.ts"
import { inspectUnmapped } from "./inspectUnmapped.ts"

export interface InspectSampleOptions extends Omit<HeaderOptions, "mapping"> {
  /** Undefined: one is proposed. */
  readonly mapping: ColumnMapping | undefined
}

/**
 * Inspects the beginning of a file. Fails where its bytes are no CSV, or have no text; with a mapping where a load would
 * fail before its first record. Without one the header is found by the e-mails of the records, and a mapping is proposed.
 */
export const inspectSample = (
  beginning: Beginning,
  { mapping, ...options }: InspectSampleOptions,
): Result.Result<Inspection, HeaderError> =>
  mapping === undefined ? inspectUnmapped(beginning, options) : inspectMapped(beginning, { ...options, mapping })
