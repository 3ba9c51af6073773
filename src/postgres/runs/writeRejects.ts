// Writes the rejects of a share: `etl_rejects`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Footprint from "../../domain/footprint.ts"
import type { Reject } from "../../domain/Reject.ts"
import type { LoadRef } from "../../repo/RunRepo.ts"
import { bytes, integers, texts } from "../arrays.ts"
import { Parameters } from "../Parameters.ts"
import { inPortions } from "./inPortions.ts"

/** Rejects in portions of which one statement writes each. */
export const portionsOfRejects = (rejects: ReadonlyArray<Reject>) => inPortions(rejects, Footprint.ofReject)

export const insertRejects = (
  parameters: Parameters,
  { fileId, runId }: LoadRef,
  rejects: ReadonlyArray<Reject>,
): string => `
  insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
  select ${parameters.add(fileId)}, ${parameters.add(runId)}, byte_offset, line, length, raw, reasons::jsonb
  from unnest(
    ${parameters.add(integers(rejects.map(({ byteOffset }) => byteOffset)))},
    ${parameters.add(integers(rejects.map(({ line }) => line)))},
    ${parameters.add(integers(rejects.map(({ length }) => length)))},
    ${parameters.add(bytes(rejects.map(({ raw }) => raw)))},
    ${parameters.add(texts(rejects.map(({ reasons }) => JSON.stringify(reasons))))}
  ) as t (byte_offset, line, length, raw, reasons)`

export const makeWriteRejects = (sql: SqlClient) => (load: LoadRef, rejects: ReadonlyArray<Reject>) =>
  Effect.forEach(
    portionsOfRejects(rejects),
    (portion) => {
      const parameters = new Parameters()
      return sql.unsafe(insertRejects(parameters, load, portion), parameters.values)
    },
    { discard: true },
  )
