// Writes the rejects of a share: `etl_rejects`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Footprint from "../../domain/footprint.ts"
import type { Reject } from "../../domain/Reject.ts"
import type { LoadRef } from "../../repo/RunRepo.ts"
import { bytes, integers, texts } from "../arrays.ts"
import { inPortions } from "./inPortions.ts"

export const makeWriteRejects = (sql: SqlClient) => {
  const insert = ({ fileId, runId }: LoadRef, rejects: ReadonlyArray<Reject>) => sql`
    insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
    select ${fileId}, ${runId}, byte_offset, line, length, raw, reasons::jsonb
    from unnest(
      ${integers(rejects.map(({ byteOffset }) => byteOffset))}, ${integers(rejects.map(({ line }) => line))},
      ${integers(rejects.map(({ length }) => length))}, ${bytes(rejects.map(({ raw }) => raw))},
      ${texts(rejects.map(({ reasons }) => JSON.stringify(reasons)))}
    ) as t (byte_offset, line, length, raw, reasons)`

  return (load: LoadRef, rejects: ReadonlyArray<Reject>) =>
    Effect.forEach(inPortions(rejects, Footprint.ofReject), (portion) => insert(load, portion), { discard: true })
}
