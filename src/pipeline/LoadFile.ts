// What happens to a file: its bytes become records, users and rejects, chunks, and rows of the database.

import { Effect, identity, Stream } from "effect"
import { chunk } from "../csv/chunkRecords.ts"
import { decode } from "../csv/decodeRecords.ts"
import { frame } from "../csv/frameRecords.ts"
import { otherFormat } from "../domain/FormatError.ts"
import { unfinishedByOther } from "../domain/otherMapping.ts"
import { noRecords } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { isReading } from "../domain/stdin.ts"
import { type FileLoad, type PartLoad, type RegisteredFile, RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { Source } from "../source/Source.ts"
import * as Backpressure from "./Backpressure.ts"
import { readText } from "./decompress.ts"
import { begin, stopAtTooManyRejects } from "./divideChunk.ts"
import type * as FileLimit from "./FileLimit.ts"
import * as FileOutcome from "./fileOutcome.ts"
import { headerErrorOf } from "./headerError.ts"
import { endEarly, report } from "./reportChunk.ts"
import { countNullWords } from "./reportNullWords.ts"
import { reportFormat, reportSkippedRows } from "./reportFormat.ts"
import type { Run } from "./Run.ts"
import { locate, perConnection, shareOf, upsert } from "./writeShares.ts"

/** Batches of records that are read and decoded while the database writes a chunk: smaller than chunks. */
const readAhead = Stream.buffer({ capacity: 4 })

/** Logs where reading begins. Returns the most bytes of a record, which are kept for the whole load. */
const beginReading = Effect.fnUntraced(function* (run: Run, load: PartLoad<SourceFile>) {
  const { file, resume } = load
  yield* Effect.logTrace("reading").pipe(
    Effect.annotateLogs({ step: "Extract", size: file.size, fromLine: resume?.position.line ?? 1 }),
  )
  if (resume === undefined) return run.options.maxRecordSize
  yield* Effect.logInfo(`${FileOutcome.nameOf(load, load)}: resumes at line ${resume.position.line}`)
  const maxRecordSize = resume.maxRecordSize ?? run.options.maxRecordSize
  if (maxRecordSize !== run.options.maxRecordSize) {
    yield* Effect.logWarning(
      `${file.name}: a resumed file keeps its original maximum size of a record, ${maxRecordSize} bytes`,
    )
  }
  return maxRecordSize
})

// Spans keep the names that the page on operations lists: `Loading.loadFile`, `Loading.chunk`, `Locating.batch`.

/** Fails where the load began with another column mapping, or in another format. */
const checkBeginning = Effect.fnUntraced(function* ({ request }: Run, { file, format, state }: FileLoad<SourceFile>) {
  if (state === "otherMapping") return yield* unfinishedByOther([file.uri])
  if (state === "otherFormat") return yield* otherFormat(file.uri, format, request.format)
})

/** Loads what is left of a part of a file, from the earliest lane on. Returns the counts of the whole load. */
const readPart = Effect.fnUntraced(function* (run: Run, load: PartLoad<SourceFile>, work: FileOutcome.FileWork) {
  const { file, resume } = load
  const { options, stopwatch } = run
  const source = yield* Source
  const connections = Math.min(options.concurrency, (yield* UserRepo).connections ?? 1)
  const maxRecordSize = yield* beginReading(run, load)
  const pressure = yield* Backpressure.make(stopwatch)
  const from = resume?.position.byteOffset ?? 0
  // Once: a file beside this one may commit before the first chunk comes.
  const committed = yield* run.committed

  const widths = resume === undefined ? yield* run.widths : undefined
  const isPart = resume?.end !== undefined
  yield* readText(source, file, from, isPart).pipe(
    stopwatch.timePulls("extract"),
    pressure.waitForRoom,
    frame({
      ...options,
      fileId: load.fileId,
      widths,
      isLinked: file.isLinked,
      known: file.format,
      maxRecordSize,
      resume,
    }),
    resume === undefined ? reportFormat(file) : identity,
    decode,
    Stream.catchTag("HeaderError", (error) => Stream.fail(headerErrorOf(file, error))),
    reportSkippedRows(FileOutcome.nameOf(load, load)),
    countNullWords(run.nullWords),
    stopwatch.timePulls("decode"),
    readAhead,
    chunk(options.chunkSize),
    pressure.enter,
    begin(run, load, { committed, connections }),
    stopAtTooManyRejects(run, committed),
    perConnection(
      connections,
      (connection) => (chunks) => chunks.pipe(shareOf(connection), locate(run), upsert(run, load)),
    ),
    report(run, load, work),
    endEarly(run),
    Stream.runForEach(pressure.leave),
  )
  return work.wholeCounts ?? (yield* (yield* RunRepo).finishPart(load))
})

/** Loads the parts that are left of a file that the run has taken. An error of the database ends the run. */
const readParts = Effect.fnUntraced(function* (run: Run, load: FileLoad<SourceFile>) {
  const work = yield* FileOutcome.beginWork
  return yield* Effect.forEach(load.parts, (part) => readPart(run, { ...load, ...part }, work)).pipe(
    Effect.flatMap((counts) => FileOutcome.loaded(load, counts.at(-1)!)),
    Effect.catchTags({
      SourceError: (error) => FileOutcome.failed(load, error),
      TooManyRejects: () => FileOutcome.stopped(run, load, work),
      Cancelled: () => FileOutcome.leftOpen(load),
    }),
    isReading(load.file.uri) ? Effect.onError(() => FileOutcome.cutShort(run, load)) : identity,
    Effect.flatMap((summary) => FileOutcome.withWork(summary, work)),
  )
})

/** Loads what is left of a file that the run has taken, unless the run is stopped. */
const loadRest = Effect.fnUntraced(function* (run: Run, load: FileLoad<SourceFile>) {
  return (yield* run.isStopped) ? yield* FileOutcome.leftOpen(load) : yield* readParts(run, load)
})

/** Loads a file that the run has locked and taken, and of which nothing is loaded. */
export const loadTaken = Effect.fn("Loading.loadFile")(
  function* (run: Run, load: FileLoad<SourceFile>) {
    const { file } = load
    yield* Effect.annotateCurrentSpan({ "etl.file.uri": file.uri, "etl.file.size": file.size })
    return yield* loadRest(run, load)
  },
  (effect, _run, { file }) => Effect.annotateLogs(effect, { file: file.uri }),
)

/**
 * Loads what is left of a file, unless it is loaded already. No other process loads it meanwhile: this one waits for
 * it, and then for room. In the other order two processes that have files of each other would wait for ever.
 */
export const loadFile = Effect.fn("Loading.loadFile")(
  function* (run: Run, registered: FileLoad<SourceFile>, withRoomFor: FileLimit.WithRoomFor) {
    const { file } = registered
    const { runId, request } = run
    const runs = yield* RunRepo
    yield* Effect.annotateCurrentSpan({ "etl.file.uri": file.uri, "etl.file.size": file.size })
    const isDone = registered.state === "loaded" && !request.force
    if (!isDone) yield* runs.lock(registered)
    const load = isDone ? registered : yield* runs.take(runId, request, registered)
    // What another run has read of the file counts as read by this one.
    if (registered.runId !== runId && load.runId === runId) yield* run.count(yield* runs.fileCounts(load))
    yield* checkBeginning(run, load)
    if (load.state === "loaded" && load.runId === runId) {
      return FileOutcome.fileSummary(file, "loaded", yield* runs.fileCounts(load))
    }
    if (load.state === "loaded") {
      yield* Effect.logDebug("already loaded").pipe(Effect.annotateLogs({ step: "Extract" }))
      return FileOutcome.fileSummary(file, "skipped", noRecords)
    }
    return yield* withRoomFor(file.size)(loadRest(run, load))
  },
  (effect, _run, { file }) => Effect.annotateLogs(effect, { file: file.uri }),
  Effect.scoped,
)

/** Loads one part of a file for a run that several processes load: its fence keeps them apart. */
export const loadPart = Effect.fn("Loading.loadPart")(
  function* (run: Run, listed: RegisteredFile<SourceFile>, part: number) {
    const { file } = listed
    const runs = yield* RunRepo
    yield* Effect.annotateCurrentSpan({ "etl.file.uri": file.uri, "etl.file.part": part })
    // A process that loads the whole file locks it exclusively.
    yield* runs.lock(listed, "shared")
    // Another attempt may have taken it meanwhile.
    if (yield* run.isCancelled) return FileOutcome.fileSummary(file, "open", noRecords)
    const load = yield* runs.take(run.runId, run.request, listed, part)
    yield* checkBeginning(run, load)
    if (load.parts.length === 0) return FileOutcome.fileSummary(file, "loaded", yield* runs.fileCounts(load))
    return yield* loadRest(run, load)
  },
  (effect, _run, { file }, part) => Effect.annotateLogs(effect, { file: file.uri, part }),
  Effect.scoped,
)
