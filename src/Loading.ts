import { Data, type Duration, Effect, Ref, Stream } from "effect"
import { type Chunk, winners } from "./domain/Chunk.ts"
import { type ColumnMapping, otherMapping } from "./domain/ColumnMapping.ts"
import { plural } from "./domain/Estimate.ts"
import { type Location, tally } from "./domain/Location.ts"
import { describeReason, type Reject } from "./domain/Reject.ts"
import * as RejectLimit from "./domain/RejectLimit.ts"
import {
  addCounts,
  type AnsweredCounts,
  countAnswers,
  type FileSummary,
  noRecords,
  type RecordCounts,
} from "./domain/RunSummary.ts"
import { answerAtOnce, GeoLocator } from "./geo/GeoLocator.ts"
import { type FileLoad, RunRepo, type RunRequest } from "./repo/RunRepo.ts"
import { type ChunkLocations, UserRepo } from "./repo/UserRepo.ts"
import { readChunks } from "./source/records.ts"
import { Source, type SourceError, type SourceFile } from "./source/Source.ts"

export interface LoadOptions {
  readonly mapping: ColumnMapping
  readonly delimiter: string
  readonly chunkSize: number
  readonly maxRecordSize: number
  readonly maxRejects: RejectLimit.RejectLimit
  readonly locationsMaxAge: Duration.Duration | undefined
}

/** The run has rejected more than it may. */
class TooManyRejects extends Data.TaggedError("TooManyRejects") {}

/** Answers what can be answered at once, and says what a service is to be asked for. */
const makeLocateChunk = Effect.fnUntraced(function* (
  maxAge: Duration.Duration | undefined,
  addressCounts: Ref.Ref<AnsweredCounts>,
) {
  const locator = yield* GeoLocator
  const isNone = locator.instant === undefined && locator.service === undefined

  return Effect.fn("Loading.locateChunk")(function* (chunk: Chunk) {
    if (isNone) return { known: new Map(), queue: [] } satisfies ChunkLocations
    // Superseded records are not located: nobody would see it, and a service has better to do.
    const addresses = new Set(winners(chunk.users).flatMap(({ user }) => user.ip_address ?? []))
    const { byRule, local, open } = yield* answerAtOnce(locator, addresses)
    yield* Ref.update(addressCounts, (counts) =>
      countAnswers(countAnswers(counts, "rule", tally(byRule)), "local", tally(local)),
    )
    const known = new Map<string, Location>()
    for (const [address, answer] of local) if (answer._tag === "Located") known.set(address, answer.location)
    return { known, queue: open, maxAge } satisfies ChunkLocations
  })
})

const describeReasons = ({ reasons }: Reject): string => reasons.map(describeReason).join(", ")

export const fileSummary = (
  { uri, name }: Pick<SourceFile, "uri" | "name">,
  state: FileSummary["state"],
  counts: RecordCounts,
  error: string | null = null,
): FileSummary => ({ uri, name, state, counts, error })

/**
 * Loads the files of a run that are registered, one after another. `addressCounts`: where answers are counted.
 */
export const make = Effect.fnUntraced(function* (
  options: LoadOptions,
  runId: number,
  request: RunRequest,
  addressCounts: Ref.Ref<AnsweredCounts>,
) {
  const source = yield* Source
  const users = yield* UserRepo
  const runs = yield* RunRepo
  const locateChunk = yield* makeLocateChunk(options.locationsMaxAge, addressCounts)
  const runCounts = yield* Ref.make(yield* runs.committed(runId))

  const isStopped = Effect.map(Ref.get(runCounts), (counts) => RejectLimit.isExceeded(options.maxRejects, counts))

  /** One line a chunk: all of them, with their reasons, are in `etl_rejects`. */
  const logRejects = (rejected: number, { byteOffset, line, reasons }: Reject) =>
    Effect.logDebug("records rejected").pipe(
      Effect.annotateLogs({ step: "Transform", rejected, line, byteOffset, reasons: reasons.map(describeReason) }),
    )

  const loadChunk = Effect.fn("Loading.loadChunk")(function* (load: FileLoad<SourceFile>, chunk: Chunk) {
    const { counts, refused, remembered } = yield* users.upsert(load, chunk, yield* locateChunk(chunk))
    yield* Ref.update(addressCounts, (sum) => countAnswers(sum, "remembered", remembered))
    const rejects = [...chunk.rejects, ...refused].sort((left, right) => left.byteOffset - right.byteOffset)
    const first = rejects[0]
    if (first !== undefined) yield* logRejects(rejects.length, first)
    yield* Effect.logDebug("chunk committed").pipe(
      Effect.annotateLogs({ step: "Load", byteOffset: chunk.to.byteOffset, ...counts }),
    )
    yield* Ref.update(runCounts, (total) => addCounts(total, counts))
    return first
  })

  const finished = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, firstReject: Reject | undefined) {
    const counts = yield* runs.finishFile(load)
    yield* Effect.logInfo(`${load.file.name}: ${plural(counts.read, "record")}`).pipe(
      Effect.annotateLogs({ step: "Load", ...counts }),
    )
    if (firstReject !== undefined) {
      const { line } = firstReject
      const which = load.resume === undefined ? "the first" : "the first since it was resumed"
      yield* Effect.logWarning(
        `${load.file.name}: ${plural(counts.rejected, "record")} rejected, ${which} at line ${line}: ${describeReasons(firstReject)}`,
      ).pipe(Effect.annotateLogs({ step: "Transform" }))
    }
    return fileSummary(load.file, "loaded", counts)
  })

  const failed = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, error: SourceError) {
    yield* Effect.logError(error.message).pipe(Effect.annotateLogs({ step: "Extract" }))
    return fileSummary(load.file, "failed", yield* runs.fileCounts(load), error.message)
  })

  const stoppedAt = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, first: Reject | undefined) {
    const { read, rejected } = yield* Ref.get(runCounts)
    const where = first === undefined ? "" : `; ${load.file.name}: line ${first.line}: ${describeReasons(first)}`
    yield* Effect.logError(
      `stopped: ${rejected} of ${plural(read, "record")} rejected, more than ${RejectLimit.format(options.maxRejects)}${where}`,
    ).pipe(Effect.annotateLogs({ step: "Transform" }))
    return fileSummary(load.file, "open", yield* runs.fileCounts(load))
  })

  const readFile = Effect.fnUntraced(function* (load: FileLoad<SourceFile>) {
    const fromLine = load.resume?.position.line
    yield* Effect.logDebug("reading").pipe(
      Effect.annotateLogs({ step: "Extract", size: load.file.size, fromLine: fromLine ?? 1 }),
    )
    if (fromLine !== undefined) yield* Effect.logInfo(`${load.file.name}: goes on at line ${fromLine}`)
    let first: Reject | undefined
    return yield* source.read(load.file, load.resume?.position.byteOffset ?? 0).pipe(
      readChunks(load.file, { ...options, resume: load.resume }),
      Stream.mapEffect((chunk) => loadChunk(load, chunk)),
      Stream.tap((rejected) => {
        first ??= rejected
        return Effect.flatMap(isStopped, (stopped) => (stopped ? new TooManyRejects() : Effect.void))
      }),
      Stream.runDrain,
      Effect.andThen(Effect.suspend(() => finished(load, first))),
      Effect.catchTags({
        SourceError: (error) => failed(load, error),
        TooManyRejects: () => stoppedAt(load, first),
      }),
    )
  })

  const loadFile = Effect.fn("Loading.loadFile")(
    function* (registered: FileLoad<SourceFile>) {
      const { file } = registered
      const load =
        registered.state === "loaded" && !request.force ? registered : yield* runs.take(runId, request, registered)
      if (registered.runId !== runId && load.runId === runId) {
        // What another run has read of the file counts as this one's.
        const taken = yield* runs.fileCounts(load)
        yield* Ref.update(runCounts, (total) => addCounts(total, taken))
      }
      if (load.state === "otherMapping") return yield* otherMapping([file.uri])
      if (load.state === "loaded" && load.runId === runId) {
        return fileSummary(file, "loaded", yield* runs.fileCounts(load))
      }
      if (load.state === "loaded") {
        yield* Effect.logDebug("already loaded").pipe(Effect.annotateLogs({ step: "Extract" }))
        return fileSummary(file, "skipped", noRecords)
      }
      if (yield* isStopped) return fileSummary(file, "open", yield* runs.fileCounts(load))
      return yield* readFile(load)
    },
    (effect, { file }) => Effect.annotateLogs(effect, { file: file.uri }),
    Effect.scoped,
  )

  return { loadFile, isStopped }
})
