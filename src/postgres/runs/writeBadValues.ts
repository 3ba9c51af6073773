// Writes the bad values of a share: `etl_bad_values`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { BadValue } from "../../domain/BadValue.ts"
import * as Footprint from "../../domain/footprint.ts"
import type { LoadRef } from "../../repo/RunRepo.ts"
import { integers, texts } from "../arrays.ts"
import { Parameters } from "../Parameters.ts"
import { inPortions } from "./inPortions.ts"

/** Bad values in portions of which one statement writes each. */
export const portionsOfBadValues = (values: ReadonlyArray<BadValue>) => inPortions(values, Footprint.ofBadValue)

export const insertBadValues = (
  parameters: Parameters,
  { fileId, runId }: LoadRef,
  values: ReadonlyArray<BadValue>,
): string => `
  insert into etl_bad_values (file_id, run_id, byte_offset, line, "column", message, value)
  select ${parameters.add(fileId)}, ${parameters.add(runId)}, byte_offset, line, "column", message, value
  from unnest(
    ${parameters.add(integers(values.map(({ byteOffset }) => byteOffset)))},
    ${parameters.add(integers(values.map(({ line }) => line)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.column)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.message)))},
    ${parameters.add(texts(values.map(({ reason }) => reason.value ?? null)))}
  ) as t (byte_offset, line, "column", message, value)`

export const makeWriteBadValues = (sql: SqlClient) => (load: LoadRef, values: ReadonlyArray<BadValue>) =>
  Effect.forEach(
    portionsOfBadValues(values),
    (portion) => {
      const parameters = new Parameters()
      return sql.unsafe(insertBadValues(parameters, load, portion), parameters.values)
    },
    { discard: true },
  )
