// Writes the rejects of a share: `etl_rejects`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Footprint from "../../domain/footprint.ts"
import type { Reject } from "../../domain/Reject.ts"
import { bytes, integers, smallIntegers, texts } from "../arrays.ts"
import { Parameters } from "../Parameters.ts"
import { inPortions } from "./inPortions.ts"

/** A reject of a file. */
export interface FileReject extends Reject {
  readonly fileId: number
}

/** Rejects in portions of which one statement writes each. */
export const portionsOfRejects = (rejects: ReadonlyArray<FileReject>) => inPortions(rejects, Footprint.ofReject)

export const insertRejects = (parameters: Parameters, runId: number, rejects: ReadonlyArray<FileReject>): string => `
  insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
  select file_id, ${parameters.add(runId)}, byte_offset, line, length, raw, reasons::jsonb
  from unnest(
    ${parameters.add(smallIntegers(rejects.map(({ fileId }) => fileId)))},
    ${parameters.add(integers(rejects.map(({ byteOffset }) => byteOffset)))},
    ${parameters.add(integers(rejects.map(({ line }) => line)))},
    ${parameters.add(integers(rejects.map(({ length }) => length)))},
    ${parameters.add(bytes(rejects.map(({ raw }) => raw)))},
    ${parameters.add(texts(rejects.map(({ reasons }) => JSON.stringify(reasons))))}
  ) as t (file_id, byte_offset, line, length, raw, reasons)`

export const makeWriteRejects = (sql: SqlClient) => (runId: number, rejects: ReadonlyArray<FileReject>) =>
  Effect.forEach(
    portionsOfRejects(rejects),
    (portion) => {
      const parameters = new Parameters()
      return sql.unsafe(insertRejects(parameters, runId, portion), parameters.values)
    },
    { discard: true },
  )
