// The stages after a chunk is written by every connection: `report` counts, logs and shows it, `endEarly` may end the file.

import { Data, Effect, Stream } from "effect"
import type { Chunk } from "../domain/Chunk.ts"
import { describeReason, type Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { PartLoad } from "../repo/RunRepo.ts"
import { TooManyRejects } from "./divideChunk.ts"
import type { FileWork } from "./fileOutcome.ts"
import type { Run } from "./Run.ts"
import type { WrittenChunk } from "./writeShares.ts"

/** The run was cancelled. */
class Cancelled extends Data.TaggedError("Cancelled") {}

/** The rejects of the chunk, those that the database refused included, in the file's order. */
const rejectsOf = ({ divided, outcomes }: WrittenChunk): ReadonlyArray<Reject> =>
  [...divided.shares.flatMap(({ rejects }) => rejects), ...outcomes.flatMap(({ refused }) => refused)].sort(
    (left, right) => left.byteOffset - right.byteOffset,
  )

/** One line a chunk: all of them, with their reasons, are in `etl_rejects`. */
export const logRejects = (rejected: number, { byteOffset, line, reasons }: Reject) =>
  Effect.logTrace("records rejected").pipe(
    Effect.annotateLogs({ step: "Transform", rejected, line, byteOffset, reasons: reasons.map(describeReason) }),
  )

const logCommit = ({ to }: Chunk, counts: RecordCounts) =>
  Effect.logTrace("chunk committed").pipe(Effect.annotateLogs({ step: "Load", byteOffset: to.byteOffset, ...counts }))

/** Counts what is committed, for the run and for the file. */
export const report = (run: Run, { file, fileId }: PartLoad<SourceFile>, work: FileWork) =>
  Stream.mapEffect(
    Effect.fnUntraced(function* (written: WrittenChunk) {
      const { divided, outcomes } = written
      const { chunk, shares, span } = divided
      const counts = outcomes.reduce((sum, outcome) => addCounts(sum, outcome.counts), noRecords)
      const rejects = rejectsOf(written)
      const [first] = rejects
      yield* span.committed(counts)

      work.located += outcomes.reduce((sum, { located }) => sum + located, 0)
      work.queued += outcomes.reduce((sum, { queued }) => sum + queued, 0)
      if (first !== undefined) work.firstReject ??= { line: first.line, reasons: first.reasons }
      if (shares.some(({ checkpoint }) => checkpoint._tag === "File")) work.wholeCounts = counts

      run.rejects.add({ name: file.name, number: fileId }, rejects)
      for (const { remembered } of outcomes) yield* run.addresses.count("remembered", remembered)
      if (first !== undefined) yield* logRejects(rejects.length, first)
      yield* logCommit(chunk, counts)
      yield* run.count(counts)
      yield* reportProgress({ _tag: "ChunkCommitted", counts })
      return chunk
    }),
  )

/** Ends a file where its run is cancelled, or has too many rejects. */
export const endEarly = (run: Run) => {
  const check = Effect.gen(function* () {
    if (yield* run.isCancelled) return yield* new Cancelled()
    if (yield* run.isStopped) return yield* new TooManyRejects()
  })
  return <E, R>(chunks: Stream.Stream<Chunk, E, R>) => Stream.tap(chunks, () => check)
}
