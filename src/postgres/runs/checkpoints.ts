// How far a load is committed: each share moves its checkpoints, by compare-and-set.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Share } from "../../domain/Lane.ts"
import { allCountNames, type RecordCounts } from "../../domain/RunSummary.ts"
import { integers } from "../arrays.ts"
import type { PartRef } from "../../repo/RunRepo.ts"

/** The counts go to the first lane: only their sum matters. Parameters: part, lanes, their byte offsets, to, counts. */
const moveLanes = `
  update etl_checkpoints c set byte_offset = $8, line = $9, ${allCountNames
    .map((name) => `${name} = c.${name} + case when t.number = 1 then n.${name} else 0 end`)
    .join(", ")}
  from unnest($6::bigint[], $7::bigint[]) with ordinality as t (lane, byte_offset, number), (select ${allCountNames
    .map((name, index) => `$${index + 10}::bigint as ${name}`)
    .join(", ")}) n
  where c.file_id = $1 and c.load = $2 and c.run_id = $3 and c.part = $4 and c.fence = $5 and c.lane = t.lane and c.byte_offset = t.byte_offset
  returning 1`

/** Parameters: file, load, run, fence, header, format, counts. */
const loadWhole = `
  update etl_files set header = $5, format = $6::jsonb, loaded_at = now(), error = null, ${allCountNames.map((name, index) => `${name} = $${index + 7}`).join(", ")}
  where id = $1 and load = $2 and run_id = $3 and fence = $4 and loaded_at is null and header is null
  returning 1`

export const makeCheckpoints = (sql: SqlClient) => {
  const valuesOf = (counts: RecordCounts) => allCountNames.map((name) => counts[name])

  return {
    /** Moves the checkpoint to the share's end; false where it was not at the share's start. */
    move: Effect.fnUntraced(function* (
      { fence, fileId, load, part, runId }: PartRef,
      { checkpoint }: Share,
      counts: RecordCounts,
    ) {
      if (checkpoint._tag === "File") {
        const { format, header } = checkpoint
        const parameters = [fileId, load, runId, fence, header, JSON.stringify(format), ...valuesOf(counts)]
        return (yield* sql.unsafe(loadWhole, parameters)).length === 1
      }
      const { lanes, to } = checkpoint
      const moved = yield* sql.unsafe(moveLanes, [
        fileId,
        load,
        runId,
        part,
        fence,
        integers(lanes.map(({ lane }) => lane)),
        integers(lanes.map(({ byteOffset }) => byteOffset)),
        to.byteOffset,
        to.line,
        ...valuesOf(counts),
      ])
      return moved.length === lanes.length
    }),

    /** Whether the share is committed. */
    isCommitted: Effect.fnUntraced(function* ({ fileId, load, part, runId }: PartRef, { checkpoint }: Share) {
      if (checkpoint._tag === "File") {
        const loaded = yield* sql`
          select 1 from etl_files where id = ${fileId} and load = ${load} and run_id = ${runId} and loaded_at is not null`
        return loaded.length === 1
      }
      const { lanes, to } = checkpoint
      const moved = yield* sql`
        select 1 from etl_checkpoints
        where file_id = ${fileId} and load = ${load} and run_id = ${runId} and part = ${part} and byte_offset = ${to.byteOffset}
          and lane = any(${integers(lanes.map(({ lane }) => lane))})`
      return moved.length === lanes.length
    }),
  }
}
