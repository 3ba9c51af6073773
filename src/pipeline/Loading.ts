import { Data, type Duration, Effect, Ref, Stream } from "effect"
import type { AddressTally } from "./AddressTally.ts"
import { type ColumnMapping, otherMapping } from "../domain/ColumnMapping.ts"
import { plural } from "../text/format.ts"
import type { Share } from "../domain/Lane.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { type Location, tally } from "../domain/Location.ts"
import { describeReason, type Reject } from "../domain/Reject.ts"
import { tellProgress } from "../observability/Progress.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import type { RejectTally } from "../domain/RejectTally.ts"
import { addCounts, type FileSummary, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import type { Stopwatch } from "../observability/Stopwatch.ts"
import { answerAtOnce, GeoLocator } from "../geo/GeoLocator.ts"
import {
  type FileLoad,
  type Part,
  type PartLoad,
  type RegisteredFile,
  RunRepo,
  type RunRequest,
} from "../repo/RunRepo.ts"
import type { ShareLocations } from "../repo/UserRepo.ts"
import { readChunks } from "../csv/records.ts"
import { Source } from "../source/Source.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import * as Writing from "./Writing.ts"

export interface LoadOptions {
  readonly mapping: ColumnMapping
  readonly delimiter: string
  readonly chunkSize: number
  readonly concurrency: number
  readonly maxRecordSize: number
  readonly maxRejects: RejectLimit.RejectLimit
  readonly locationsMaxAge: Duration.Duration | undefined
}

/** Answers what can be answered at once, and says what a service is to be asked for. */
const makeLocate = Effect.fnUntraced(function* (maxAge: Duration.Duration | undefined, addressTally: AddressTally) {
  const locator = yield* GeoLocator
  if (locator.instant === undefined && locator.service === undefined) {
    return () => Effect.succeed<ShareLocations>({ known: new Map(), queue: [] })
  }

  return Effect.fn("Loading.locate")(function* ({ winners }: Share) {
    // Superseded records are not located: nobody would see it, and a service has better to do.
    const addresses = new Set<string>()
    for (const { user } of winners) if (user.ip_address !== null) addresses.add(user.ip_address)
    const { byRule, local, open } = yield* answerAtOnce(locator, addresses)
    yield* addressTally.count("rule", tally(byRule))
    yield* addressTally.count("local", tally(local))
    const known = new Map<string, Location>()
    for (const [address, answer] of local) if (answer._tag === "Located") known.set(address, answer.location)
    return { known, queue: open, maxAge } satisfies ShareLocations
  })
})

const describeReasons = ({ reasons }: Pick<Reject, "reasons">): string => reasons.map(describeReason).join(", ")

/** Nobody wants the run any more. */
class Cancelled extends Data.TaggedError("Cancelled") {}

/** What this attempt has done of a file. */
interface Work {
  readonly start: number
  located: number
  queued: number
  /** Without its bytes: they would keep the block in memory that they were read with. */
  firstReject: Pick<Reject, "line" | "reasons"> | undefined
  /** Of the file, where it was loaded as a whole. */
  wholeCounts: RecordCounts | undefined
}

export const fileSummary = (
  { uri, name }: Pick<SourceFile, "uri" | "name">,
  state: FileSummary["state"],
  counts: RecordCounts,
  error: string | null = null,
): FileSummary => ({ uri, name, state, counts, located: 0, queued: 0, milliseconds: 0, error })

const annotateSpan = ({ counts, state }: FileSummary) =>
  Effect.annotateCurrentSpan({
    "etl.file.state": state,
    ...Object.fromEntries(Object.entries(counts).map(([outcome, records]) => [`etl.records.${outcome}`, records])),
  })

/** The part of a file for people; a file that is not split goes by its own name. */
const nameOf =
  ({ file }: FileLoad<SourceFile>) =>
  ({ part, resume }: Part): string =>
    resume?.end === undefined ? file.name : `${file.name}, part ${part + 1}`

/** With what this attempt has done of the file. */
const withWork = Effect.fnUntraced(function* (summary: FileSummary, { located, queued, start }: Work) {
  return { ...summary, located, queued, milliseconds: Math.round((yield* monotonicMillis) - start) }
})

/** Where a run counts what it does beside records. */
export interface Tallies {
  readonly addresses: AddressTally
  readonly rejects: RejectTally
  readonly stopwatch: Stopwatch
}

/** Loads the files of a run that are registered. `committedCounts`: what the run has committed before. */
export const make = Effect.fnUntraced(function* (
  options: LoadOptions,
  runId: number,
  request: RunRequest,
  { addresses, rejects: rejectTally, stopwatch }: Tallies,
  committedCounts: RecordCounts,
) {
  const source = yield* Source
  const runs = yield* RunRepo
  const locate = yield* makeLocate(options.locationsMaxAge, addresses)
  const write = yield* Writing.make({ ...options, locate, stopwatch })
  const runCounts = yield* Ref.make(committedCounts)

  const isTooMuch = (counts: RecordCounts) => RejectLimit.isExceeded(options.maxRejects, counts)
  // For good: a share of what was read may be less again when the file beside it is loaded.
  let hasStopped = false
  let isCancelled = false
  const isStopped = Effect.map(Ref.get(runCounts), (counts) => hasStopped || isTooMuch(counts))

  /** One line a chunk: all of them, with their reasons, are in `etl_rejects`. */
  const logRejects = (rejected: number, { byteOffset, line, reasons }: Reject) =>
    Effect.logTrace("records rejected").pipe(
      Effect.annotateLogs({ step: "Transform", rejected, line, byteOffset, reasons: reasons.map(describeReason) }),
    )

  const committed = Effect.fnUntraced(function* ({ chunk, counts, rejects, remembered }: Writing.WrittenChunk) {
    for (const answers of remembered) yield* addresses.count("remembered", answers)
    const first = rejects[0]
    if (first !== undefined) yield* logRejects(rejects.length, first)
    yield* Effect.logTrace("chunk committed").pipe(
      Effect.annotateLogs({ step: "Load", byteOffset: chunk.to.byteOffset, ...counts }),
    )
    yield* Ref.update(runCounts, (total) => addCounts(total, counts))
    yield* tellProgress({ _tag: "ChunkCommitted", counts })
    if (isCancelled) return yield* new Cancelled()
    if (yield* isStopped) return yield* new Writing.TooManyRejects()
  })

  const finished = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, counts: RecordCounts) {
    const rejected = counts.rejected > 0 ? `, ${plural(counts.rejected, "reject")}` : ""
    const [part, ...others] = load.parts
    const isPart = others.length === 0 && part?.resume?.end !== undefined
    const what = isPart ? nameOf(load)(part) : load.file.name
    yield* Effect.logInfo(
      `${what}: ${plural(counts.read, "record")}${rejected}${isPart ? " of the file so far" : ""}`,
    ).pipe(Effect.annotateLogs({ step: "Load", ...counts }))
    return fileSummary(load.file, "loaded", counts)
  })

  const failed = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, error: SourceError) {
    yield* Effect.logError(error.message).pipe(Effect.annotateLogs({ step: "Extract" }))
    yield* runs.failFile(load, error.message)
    return fileSummary(load.file, "failed", yield* runs.fileCounts(load), error.message)
  })

  /** Tells it once: what is loaded beside the file that stopped the run stops too. */
  const stop = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, first: Work["firstReject"]) {
    if (hasStopped) return
    hasStopped = true
    const { read, rejected } = yield* Ref.get(runCounts)
    const where = first === undefined ? "" : `; ${load.file.name}: line ${first.line}: ${describeReasons(first)}`
    yield* Effect.logError(
      `stopped: ${rejected} of ${plural(read, "record")} rejected, more than ${RejectLimit.format(options.maxRejects)}${where}`,
    ).pipe(Effect.annotateLogs({ step: "Transform" }))
  })

  const leftOpen = Effect.fnUntraced(function* (load: FileLoad<SourceFile>) {
    return fileSummary(load.file, "open", yield* runs.fileCounts(load))
  })

  const stoppedAt = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, work: Work) {
    yield* stop(load, work.firstReject)
    return work.wholeCounts === undefined ? yield* leftOpen(load) : yield* finished(load, work.wholeCounts)
  })

  /** Loads a part of a file, and gives the counts of the whole load. */
  const readPart = Effect.fnUntraced(function* (load: PartLoad<SourceFile>, work: Work) {
    const fromLine = load.resume?.position.line
    yield* Effect.logTrace("reading").pipe(
      Effect.annotateLogs({ step: "Extract", size: load.file.size, fromLine: fromLine ?? 1 }),
    )
    if (fromLine !== undefined) yield* Effect.logInfo(`${nameOf(load)(load)}: goes on at line ${fromLine}`)
    const maxRecordSize = load.resume?.maxRecordSize ?? options.maxRecordSize
    if (maxRecordSize !== options.maxRecordSize) {
      yield* Effect.logWarning(
        `${load.file.name}: goes on with the --max-record-size it was begun with, ${maxRecordSize}`,
      )
    }
    const pace = yield* Writing.makePace
    const before = yield* Ref.get(runCounts)
    const keep = (written: Writing.WrittenChunk) => {
      work.located += written.located
      work.queued += written.queued
      const [first] = written.rejects
      if (first !== undefined) work.firstReject ??= { line: first.line, reasons: first.reasons }
      if (written.isFile) work.wholeCounts = written.counts
      rejectTally.add({ name: load.file.name, number: load.fileId }, written.rejects)
    }
    yield* source.read(load.file, load.resume?.position.byteOffset ?? 0).pipe(
      stopwatch.timePulls("extract"),
      Stream.tap(() => stopwatch.time("room")(pace.room)),
      readChunks(load.file, { ...options, maxRecordSize, resume: load.resume, stopwatch }),
      write(load, pace, (counts) => isTooMuch(addCounts(before, counts))),
      Stream.runForEach((written) => {
        keep(written)
        return committed(written)
      }),
    )
    return work.wholeCounts ?? (yield* runs.finishPart(load))
  })

  const readParts = Effect.fnUntraced(function* (load: FileLoad<SourceFile>) {
    const work: Work = {
      start: yield* monotonicMillis,
      located: 0,
      queued: 0,
      firstReject: undefined,
      wholeCounts: undefined,
    }
    return yield* Effect.forEach(load.parts, (part) => readPart({ ...load, ...part }, work)).pipe(
      Effect.flatMap((counts) => finished(load, counts.at(-1)!)),
      Effect.catchTags({
        SourceError: (error) => failed(load, error),
        TooManyRejects: () => stoppedAt(load, work),
        Cancelled: () => leftOpen(load),
      }),
      Effect.flatMap((summary) => withWork(summary, work)),
      Effect.tap(annotateSpan),
    )
  })

  const loadFile = Effect.fn("Loading.loadFile")(
    function* (registered: FileLoad<SourceFile>) {
      const { file } = registered
      yield* Effect.annotateCurrentSpan({ "etl.file.uri": file.uri, "etl.file.size": file.size })
      const isDone = registered.state === "loaded" && !request.force
      if (!isDone) yield* runs.lock(registered)
      const load = isDone ? registered : yield* runs.take(runId, request, registered)
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
      return (yield* isStopped) ? yield* leftOpen(load) : yield* readParts(load)
    },
    (effect, { file }) => Effect.annotateLogs(effect, { file: file.uri }),
    Effect.scoped,
  )

  /** Loads one part of a file for a run that several processes load: its fence keeps them apart. */
  const loadPart = Effect.fn("Loading.loadPart")(
    function* (listed: RegisteredFile<SourceFile>, part: number) {
      const { file } = listed
      yield* Effect.annotateCurrentSpan({ "etl.file.uri": file.uri, "etl.file.part": part })
      // A process that loads the whole file by itself has it alone.
      yield* runs.lock(listed, "shared")
      // Another attempt may have it by now.
      if (isCancelled) return fileSummary(file, "open", noRecords)
      const load = yield* runs.take(runId, request, listed, part)
      if (load.state === "otherMapping") return yield* otherMapping([file.uri])
      if (load.parts.length === 0) return fileSummary(file, "loaded", yield* runs.fileCounts(load))
      return (yield* isStopped) ? yield* leftOpen(load) : yield* readParts(load)
    },
    (effect, { file }, part) => Effect.annotateLogs(effect, { file: file.uri, part }),
    Effect.scoped,
  )

  return {
    loadFile,
    loadPart,
    isStopped,
    /** What the run has committed by now, other processes included. */
    recount: (counts: RecordCounts) => Ref.set(runCounts, counts),
    /** Another process has found that the run has too many rejects. */
    stop: Effect.sync(() => {
      hasStopped = true
    }),
    /** Nothing more is begun; what is under way ends with its chunk, and leaves its file open. */
    cancel: Effect.sync(() => {
      isCancelled = true
    }),
  }
})
