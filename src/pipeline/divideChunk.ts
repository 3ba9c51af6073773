// The stages that divide a chunk among connections: `begin`, and `stopAtTooManyRejects` before anything is written.

import { Data, Effect, identity, Stream } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import { type Share, shares, wholeFile } from "../domain/Lane.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import * as ChunkSpan from "../observability/ChunkSpan.ts"
import { type FileIdentity, type PartLoad, RunRepo } from "../repo/RunRepo.ts"
import type { Run } from "./Run.ts"

/** The run has rejected more than it may. */
export class TooManyRejects extends Data.TaggedError("TooManyRejects") {}

/** A chunk, and the share of it that each connection commits. */
export interface DividedChunk {
  readonly chunk: Chunk
  readonly shares: ReadonlyArray<Share>
  readonly span: ChunkSpan.ChunkSpan
}

/**
 * The most records of a file that one connection commits as a whole: starting and finishing a load costs more than they
 * do.
 */
export const maxRecordsOfWhole = 2_000

/** The counts of a chunk that are known before it is written. */
const countsOf = (shares: ReadonlyArray<Share>): RecordCounts => {
  const rejected = shares.reduce((sum, { rejects }) => sum + rejects.length, 0)
  return { ...noRecords, read: shares.reduce((sum, { users }) => sum + users.count, rejected), rejected }
}

/**
 * Divides each chunk among the connections. Before the first chunk is written the load of the file is started in the
 * database, unless that chunk is the whole file, and small.
 */
export const begin = (
  run: Run,
  load: PartLoad<FileIdentity>,
  { committed, connections }: { readonly committed: RecordCounts; readonly connections: number },
) => {
  const divide = Effect.fnUntraced(function* (chunk: Chunk, isFirst: boolean) {
    if (isFirst && load.resume === undefined) {
      if (chunk.isLast && chunk.rows.count <= maxRecordsOfWhole) {
        const whole = [wholeFile(chunk)]
        // A file that stops the run stays unfinished, whatever its size.
        if (!run.isExceededBy(addCounts(committed, countsOf(whole)))) return whole
      }
      yield* (yield* RunRepo).beginFile(load, {
        header: chunk.header,
        format: chunk.format,
        parts: [{ start: chunk.from, end: undefined }],
        maxRecordSize: run.options.maxRecordSize,
      })
    }
    return shares(chunk, connections, load.resume?.lanes ?? [])
  })

  return <E, R>(chunks: Stream.Stream<Chunk, E, R>) =>
    chunks.pipe(
      Stream.zipWithIndex,
      Stream.mapEffect(
        Effect.fnUntraced(function* ([chunk, index]) {
          const span = yield* ChunkSpan.start(chunk)
          return { chunk, shares: yield* span.within(divide(chunk, index === 0)), span } satisfies DividedChunk
        }),
      ),
    )
}

/**
 * Passes the chunk with which the run has too many rejects, then fails. This is decided before that chunk is written:
 * else several connections, of which some are ahead, would load more than one would.
 */
export const stopAtTooManyRejects =
  (run: Run, committed: RecordCounts) =>
  <E, R>(chunks: Stream.Stream<DividedChunk, E, R>): Stream.Stream<DividedChunk, E | TooManyRejects, R> =>
    chunks.pipe(
      Stream.mapAccum(
        () => committed,
        (sum, divided) => {
          const counts = addCounts(sum, countsOf(divided.shares))
          const passed = Effect.succeed(divided)
          return [counts, run.isExceededBy(counts) ? [passed, new TooManyRejects()] : [passed]]
        },
      ),
      Stream.mapEffect(identity),
    )
