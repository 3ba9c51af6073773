import { Data, Effect, identity, Latch, Stream } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import * as ChunkSpan from "../observability/ChunkSpan.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import * as Footprint from "../domain/footprint.ts"
import { type Share, shares, wholeFile } from "../domain/Lane.ts"
import type { AnswerTally } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import type { Stopwatch } from "../observability/Stopwatch.ts"
import type { GeoLocatorError } from "../geo/GeoLocator.ts"
import { type FileIdentity, type PartLoad, RunRepo } from "../repo/RunRepo.ts"
import { type ShareLocations, type ShareOutcome, UserRepo } from "../repo/UserRepo.ts"

/** Records of a file that one connection commits as a whole: to begin and to finish a load costs more than they do. */
const maxRecordsOfWhole = 2_000

/** The run has rejected more than it may. */
export class TooManyRejects extends Data.TaggedError("TooManyRejects") {}

/** A chunk of which every share is committed. */
export interface WrittenChunk {
  readonly chunk: Chunk
  readonly counts: RecordCounts
  /** In the file's order: those of the chunk, and those that the database refused. */
  readonly rejects: ReadonlyArray<Reject>
  /** Addresses that need not be asked for. */
  readonly remembered: ReadonlyArray<AnswerTally>
  /** Addresses with a place, and addresses that were left for the service; by connection. */
  readonly located: number
  readonly queued: number
  /** The file was loaded as a whole: it needs no finishing. */
  readonly isFile: boolean
}

/** What became of a share, and of its addresses. */
interface WrittenShare extends ShareOutcome {
  readonly located: number
  readonly queued: number
}

interface Divided {
  readonly chunk: Chunk
  readonly shares: ReadonlyArray<Share>
}

interface DividedChunk extends Divided {
  readonly span: ChunkSpan.ChunkSpan
}

/** What a chunk is known to count before it is written. */
const countsOf = ({ shares }: Divided): RecordCounts => {
  const rejected = shares.reduce((sum, { rejects }) => sum + rejects.length, 0)
  return { ...noRecords, read: shares.reduce((sum, { users }) => sum + users.length, rejected), rejected }
}

const isFile = ({ checkpoint }: Share): boolean => checkpoint._tag === "File"

/** An earlier attempt has committed it. */
const isNothing = ({ checkpoint }: Share): boolean => checkpoint._tag === "Lanes" && checkpoint.lanes.length === 0

/** Whether the run must stop when the file has given so much. */
type IsTooMuch = (counts: RecordCounts) => boolean

export interface WriteOptions {
  /** Belongs to the loads that begin. */
  readonly maxRecordSize: number
  /** Connections that write at once. */
  readonly concurrency: number
  /** Answers what can be answered at once. */
  readonly locate: (share: Share) => Effect.Effect<ShareLocations, GeoLocatorError>
  readonly stopwatch: Stopwatch
}

/** Bytes that chunks under way may take: while they take more, the next one waits, so that large chunks come one by one. */
const maxBytesUnderWay = 8 * 1024 * 1024

/** Keeps a file from being read faster than it is written. */
export const makePace = Effect.gen(function* () {
  const room = yield* Latch.make(true)
  let bytes = 0
  const add = (change: number) =>
    Effect.suspend(() => {
      bytes += change
      return bytes < maxBytesUnderWay ? room.open : room.close
    })
  return {
    room: room.await,
    /** Waits for room: what is read already may be many chunks. */
    begin: (chunk: Chunk) => Effect.andThen(room.await, add(Footprint.ofChunk(chunk))),
    end: (chunk: Chunk) => add(-Footprint.ofChunk(chunk)),
  }
})
export type Pace = Effect.Success<typeof makePace>

/** Chunks that a connection may be ahead of the slowest one. */
const ahead = 4

/**
 * Writes the chunks of files over several connections, of which each has the same lanes of every chunk, and tells what
 * became of the chunks, in their order.
 */
export const make = Effect.fnUntraced(function* (options: WriteOptions) {
  const { locate, maxRecordSize, stopwatch } = options
  const users = yield* UserRepo
  const concurrency = Math.min(options.concurrency, users.connections)
  const runs = yield* RunRepo

  const divide = Effect.fnUntraced(function* (
    load: PartLoad<FileIdentity>,
    chunk: Chunk,
    isFirst: boolean,
    isTooMuch: IsTooMuch,
  ): Effect.fn.Return<Divided, DatabaseError> {
    if (isFirst && load.resume === undefined) {
      if (chunk.isLast && chunk.users.length <= maxRecordsOfWhole) {
        const whole = { chunk, shares: [wholeFile(chunk)] }
        // A file that stops the run stays unfinished, whatever its size.
        if (!isTooMuch(countsOf(whole))) return whole
      }
      yield* runs.beginFile(load, {
        header: chunk.header,
        parts: [{ start: chunk.from, end: undefined }],
        maxRecordSize,
      })
    }
    return { chunk, shares: shares(chunk, concurrency, load.resume?.lanes ?? []) }
  })

  const begin = Effect.fnUntraced(function* (...args: Parameters<typeof divide>) {
    const span = yield* ChunkSpan.begin(args[1])
    const divided: DividedChunk = { ...(yield* span.within(divide(...args))), span }
    return divided
  })

  const writeShare = Effect.fnUntraced(function* (load: PartLoad<FileIdentity>, share: Share | undefined) {
    if (share === undefined || isNothing(share)) return []
    const locations = yield* stopwatch.time("locate")(locate(share))
    const outcome = yield* stopwatch.time("load")(users.upsert(load, share, locations))
    const { located, unlocatable } = outcome.remembered
    const answered = Object.values(unlocatable).reduce((sum, count) => sum + count, located)
    const written: WrittenShare = {
      ...outcome,
      located: locations.known.size + located,
      queued: locations.queue.length - answered,
    }
    return [written]
  })

  const sumUp = ({ chunk, shares }: DividedChunk, outcomes: ReadonlyArray<WrittenShare>): WrittenChunk => ({
    chunk,
    counts: outcomes.reduce((sum, { counts }) => addCounts(sum, counts), noRecords),
    rejects: [...shares.flatMap(({ rejects }) => rejects), ...outcomes.flatMap(({ refused }) => refused)].sort(
      (left, right) => left.byteOffset - right.byteOffset,
    ),
    remembered: outcomes.map(({ remembered }) => remembered),
    located: outcomes.reduce((sum, { located }) => sum + located, 0),
    queued: outcomes.reduce((sum, { queued }) => sum + queued, 0),
    isFile: shares.some(isFile),
  })

  /** The outcomes of one connection's shares. */
  const writeShares = (load: PartLoad<FileIdentity>, number: number) =>
    Stream.mapEffect((divided: DividedChunk) =>
      Effect.map(divided.span.within(writeShare(load, divided.shares[number])), (outcomes) => ({ divided, outcomes })),
    )

  return (load: PartLoad<FileIdentity>, pace: Pace, isTooMuch: IsTooMuch) =>
    <E>(chunks: Stream.Stream<Chunk, E>) =>
      chunks.pipe(
        Stream.tap(pace.begin),
        Stream.zipWithIndex,
        Stream.mapEffect(([chunk, index]) => begin(load, chunk, index === 0, isTooMuch)),
        // Told before it is written: else connections that are ahead would load more than one alone.
        Stream.mapAccum(
          () => noRecords,
          (sum, divided) => {
            const total = addCounts(sum, countsOf(divided))
            return [
              total,
              isTooMuch(total) ? [Effect.succeed(divided), new TooManyRejects()] : [Effect.succeed(divided)],
            ]
          },
        ),
        Stream.mapEffect(identity),
        Stream.broadcastN({ n: concurrency, capacity: ahead }),
        Effect.map((copies) =>
          copies
            .map((copy, number) => writeShares(load, number)(copy))
            // Else each would wait for the others to write the same chunk.
            .map(concurrency === 1 ? identity : Stream.buffer({ capacity: ahead }))
            .reduce((left, right) =>
              Stream.zipWith(left, right, ({ divided, outcomes }, other) => ({
                divided,
                outcomes: [...outcomes, ...other.outcomes],
              })),
            ),
        ),
        Stream.unwrap,
        Stream.mapEffect(({ divided, outcomes }) => {
          const written = sumUp(divided, outcomes)
          return Effect.as(divided.span.committed(written.counts), written)
        }),
        Stream.tap(({ chunk }) => pace.end(chunk)),
      )
})
