// How far a load is committed: each share moves its checkpoints, by compare-and-set.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Share } from "../../domain/Lane.ts"
import { allCountNames, type RecordCounts } from "../../domain/RunSummary.ts"
import { integers } from "../arrays.ts"
import type { PartRef } from "../../repo/RunRepo.ts"
import { Parameters } from "../Parameters.ts"

const setCounts = (set: (name: keyof RecordCounts) => string): string =>
  allCountNames.map((name) => `${name} = ${set(name)}`).join(", ")

/** How many checkpoints a share moves. */
export const checkpointsOf = ({ checkpoint }: Share): number =>
  checkpoint._tag === "File" ? 1 : checkpoint.lanes.length

/**
 * The statement that moves a share's checkpoints to its end, and returns a row for each that was at the share's start. It
 * takes the share's counts from a table `counts`. They go to the first lane: only their sum matters.
 */
export const moveCheckpoints = (
  parameters: Parameters,
  { fence, fileId, load, part, runId }: PartRef,
  { checkpoint }: Share,
): string => {
  const add = (value: unknown) => parameters.add(value)
  if (checkpoint._tag === "File") {
    return `
  update etl_files f set header = ${add(checkpoint.header)}, format = ${add(JSON.stringify(checkpoint.format))}::jsonb,
    loaded_at = now(), error = null, ${setCounts((name) => `n.${name}`)}
  from counts n
  where f.id = ${add(fileId)} and f.load = ${add(load)} and f.run_id = ${add(runId)} and f.fence = ${add(fence)}
    and f.loaded_at is null and f.header is null
  returning 1`
  }
  const { lanes, to } = checkpoint
  return `
  update etl_checkpoints c set byte_offset = ${add(to.byteOffset)}, line = ${add(to.line)},
    gained = case when t.number = 1 then array[${allCountNames.map((name) => `n.${name}`).join(", ")}] end,
    ${setCounts((name) => `c.${name} + case when t.number = 1 then n.${name} else 0 end`)}
  from unnest(${add(integers(lanes.map(({ lane }) => lane)))}::bigint[],
      ${add(integers(lanes.map(({ byteOffset }) => byteOffset)))}::bigint[])
    with ordinality as t (lane, byte_offset, number), counts n
  where c.file_id = ${add(fileId)} and c.load = ${add(load)} and c.run_id = ${add(runId)} and c.part = ${add(part)}
    and c.fence = ${add(fence)} and c.lane = t.lane and c.byte_offset = t.byte_offset
  returning 1`
}

/** A table `counts` of counts that are known. */
const countsTable = (parameters: Parameters, counts: RecordCounts): string =>
  `counts as (select ${allCountNames.map((name) => `${parameters.add(counts[name])}::bigint as ${name}`).join(", ")})`

/** By the columns' order: see `gained`. */
const countsOf = (gained: ReadonlyArray<number>): RecordCounts =>
  Object.fromEntries(allCountNames.map((name, index) => [name, gained[index]!])) as unknown as RecordCounts

export const makeCheckpoints = (sql: SqlClient) => ({
  /** Moves the checkpoints to the share's end; false where they were not at the share's start. */
  move: Effect.fnUntraced(function* (part: PartRef, share: Share, counts: RecordCounts) {
    const parameters = new Parameters()
    const statement = `with ${countsTable(parameters, counts)} ${moveCheckpoints(parameters, part, share)}`
    return (yield* sql.unsafe(statement, parameters.values)).length === checkpointsOf(share)
  }),

  /** What the checkpoints gained by the share; undefined where it is not committed, or another process has the part. */
  gained: Effect.fnUntraced(function* ({ fence, fileId, load, part, runId }: PartRef, share: Share) {
    const { checkpoint } = share
    if (checkpoint._tag === "File") {
      const [counts] = yield* sql.unsafe<RecordCounts>(
        `select ${allCountNames.map((name) => `${name}::float8`).join(", ")} from etl_files
        where id = $1 and load = $2 and run_id = $3 and fence = $4 and loaded_at is not null`,
        [fileId, load, runId, fence],
      )
      return counts
    }
    const { lanes, to } = checkpoint
    const moved = yield* sql<{ gained: ReadonlyArray<number> | null }>`
      select gained::float8[] as gained from etl_checkpoints
      where file_id = ${fileId} and load = ${load} and run_id = ${runId} and part = ${part} and fence = ${fence} and byte_offset = ${to.byteOffset}
        and lane = any(${integers(lanes.map(({ lane }) => lane))})`
    const first = moved.find(({ gained }) => gained !== null)
    return moved.length === lanes.length && first !== undefined ? countsOf(first.gained!) : undefined
  }),
})
