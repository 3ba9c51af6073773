// Writes the bad values of a share: `etl_bad_values`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { BadValue } from "../../domain/BadValue.ts"
import * as Footprint from "../../domain/footprint.ts"
import type { LoadRef } from "../../repo/RunRepo.ts"
import { integers, texts } from "../arrays.ts"
import { inPortions } from "./inPortions.ts"

export const makeWriteBadValues = (sql: SqlClient) => {
  const insert = ({ fileId, runId }: LoadRef, values: ReadonlyArray<BadValue>) => sql`
    insert into etl_bad_values (file_id, run_id, byte_offset, line, "column", message, value)
    select ${fileId}, ${runId}, byte_offset, line, "column", message, value
    from unnest(
      ${integers(values.map(({ byteOffset }) => byteOffset))}, ${integers(values.map(({ line }) => line))},
      ${texts(values.map(({ reason }) => reason.column))}, ${texts(values.map(({ reason }) => reason.message))},
      ${texts(values.map(({ reason }) => reason.value ?? null))}
    ) as t (byte_offset, line, "column", message, value)`

  return (load: LoadRef, values: ReadonlyArray<BadValue>) =>
    Effect.forEach(inPortions(values, Footprint.ofBadValue), (portion) => insert(load, portion), { discard: true })
}
