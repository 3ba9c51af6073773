// Writes the bad values of a share: `etl_bad_values`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { BadValue } from "../../domain/BadValue.ts"
import * as Footprint from "../../domain/footprint.ts"
import { integers, smallIntegers, texts } from "../arrays.ts"
import { Parameters } from "../Parameters.ts"
import { inPortions } from "./inPortions.ts"

/** A bad value of a file. */
export interface FileBadValue extends BadValue {
  readonly fileId: number
}

/** Bad values in portions of which one statement writes each. */
export const portionsOfBadValues = (values: ReadonlyArray<FileBadValue>) => inPortions(values, Footprint.ofBadValue)

export const insertBadValues = (parameters: Parameters, runId: number, values: ReadonlyArray<FileBadValue>): string => `
  insert into etl_bad_values (file_id, run_id, byte_offset, line, "column", message, value)
  select file_id, ${parameters.add(runId)}, byte_offset, line, "column", message, value
  from unnest(
    ${parameters.add(smallIntegers(values.map(({ fileId }) => fileId)))},
    ${parameters.add(integers(values.map(({ byteOffset }) => byteOffset)))},
    ${parameters.add(integers(values.map(({ line }) => line)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.column)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.message)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.value ?? null)))}
  ) as t (file_id, byte_offset, line, "column", message, value)`

export const makeWriteBadValues = (sql: SqlClient) => (runId: number, values: ReadonlyArray<FileBadValue>) =>
  Effect.forEach(
    portionsOfBadValues(values),
    (portion) => {
      const parameters = new Parameters()
      return sql.unsafe(insertBadValues(parameters, runId, portion), parameters.values)
    },
    { discard: true },
  )
