// Writes the rejects of a share: `etl_rejects`.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Footprint from "../../domain/footprint.ts"
import type { Reject } from "../../domain/Reject.ts"
import type { LoadRef } from "../../repo/RunRepo.ts"
import { bytes, integers, texts } from "../arrays.ts"

/** Bytes of rejects in one statement: its arrays are copied several times before they are sent. */
const maxBytes = 1024 * 1024

export const makeWriteRejects = (sql: SqlClient) => {
  const insert = ({ fileId, runId }: LoadRef, rejects: ReadonlyArray<Reject>) => sql`
    insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
    select ${fileId}, ${runId}, byte_offset, line, length, raw, reasons::jsonb
    from unnest(
      ${integers(rejects.map(({ byteOffset }) => byteOffset))}, ${integers(rejects.map(({ line }) => line))},
      ${integers(rejects.map(({ length }) => length))}, ${bytes(rejects.map(({ raw }) => raw))},
      ${texts(rejects.map(({ reasons }) => JSON.stringify(reasons)))}
    ) as t (byte_offset, line, length, raw, reasons)`

  return Effect.fnUntraced(function* (load: LoadRef, rejects: ReadonlyArray<Reject>) {
    let start = 0
    let held = 0
    for (const [index, reject] of rejects.entries()) {
      held += Footprint.ofReject(reject)
      if (held < maxBytes && index + 1 < rejects.length) continue
      yield* insert(load, rejects.slice(start, index + 1))
      start = index + 1
      held = 0
    }
  })
}
