import { Clock, Deferred, Effect, Fiber, Ref, Stream } from "effect"
import { specialRange } from "./domain/Address.ts"
import type { Chunk } from "./domain/Chunk.ts"
import { type ColumnMapping, ColumnMappingError, signature } from "./domain/ColumnMapping.ts"
import type { Location } from "./domain/Location.ts"
import type { Reason, Reject } from "./domain/Reject.ts"
import {
  addCounts,
  type FileSummary,
  noRecords,
  type RecordCounts,
  type RunSummary,
  unaccounted,
} from "./domain/RunSummary.ts"
import { GeoLocator } from "./geo/GeoLocator.ts"
import * as Locating from "./Locating.ts"
import { LocationQueue } from "./repo/LocationQueue.ts"
import { type FileLoad, RunRepo } from "./repo/RunRepo.ts"
import { type ChunkLocations, UserRepo } from "./repo/UserRepo.ts"
import { readChunks } from "./source/records.ts"
import { Source, type SourceError, type SourceFile } from "./source/Source.ts"

export interface PipelineOptions {
  readonly mapping: ColumnMapping
  /** Between fields: one ASCII character, no quote and no line end. */
  readonly delimiter: string
  /** Records of a chunk, at most: 1 to 100,000. */
  readonly chunkSize: number
  /** Loads files that are loaded already. */
  readonly force: boolean
}

/** Answers what can be answered at once, and says what a service is to be asked for. */
const makeLocateChunk = Effect.gen(function* () {
  const { instant, service } = yield* GeoLocator
  const counts = yield* Ref.make({ located: 0, unlocatable: 0 })

  const locateChunk = Effect.fn("Pipeline.locateChunk")(function* (chunk: Chunk) {
    if (instant === undefined && service === undefined) return { known: new Map(), queue: [] } satisfies ChunkLocations
    const addresses = new Set(chunk.users.flatMap(({ user }) => user.ip_address ?? []))
    const open = [...addresses].filter((address) => specialRange(address) === undefined)
    const answers = instant === undefined || open.length === 0 ? new Map() : yield* instant(open)
    const known = new Map<string, Location>()
    const queue: Array<string> = []
    for (const address of open) {
      const answer = answers.get(address)
      if (answer?._tag === "Located") known.set(address, answer.location)
      else if (answer?._tag !== "Unlocatable" && service !== undefined) queue.push(address)
    }
    yield* Ref.update(counts, ({ located, unlocatable }) => ({
      located: located + known.size,
      unlocatable: unlocatable + addresses.size - known.size - queue.length,
    }))
    return { known, queue } satisfies ChunkLocations
  })

  return { locateChunk, counts }
})

/** Refuses to go on where an earlier attempt read the file by another column mapping. */
const checkMappings = Effect.fnUntraced(function* (loads: ReadonlyArray<FileLoad<SourceFile>>) {
  const other = loads.filter((load) => load.state === "otherMapping")
  if (other.length > 0) {
    const names = other.slice(0, 3).map(({ file }) => file.uri)
    return yield* new ColumnMappingError({
      path: names[0]!,
      message: `${names.join(", ")}${other.length > 3 ? ` and ${other.length - 3} more files` : ""} began to load with another column mapping. Restore that mapping, or start over with --force.`,
    })
  }
  const loaded = loads.filter((load) => load.isLoadedByOtherMapping).length
  if (loaded > 0) {
    yield* Effect.logWarning(
      `${loaded} files were loaded with another column mapping; --force loads them again with this one`,
    )
  }
})

const describeReason = ({ column, message }: Reason): string => (column === null ? message : `${column} ${message}`)

const makeLoadFile = Effect.gen(function* () {
  const source = yield* Source
  const users = yield* UserRepo
  const runs = yield* RunRepo
  const { locateChunk, counts } = yield* makeLocateChunk

  const loadChunk = Effect.fn("Pipeline.loadChunk")(function* (load: FileLoad<SourceFile>, chunk: Chunk) {
    yield* Effect.forEach(
      chunk.rejects,
      ({ line, byteOffset, reasons }) =>
        Effect.logDebug("record rejected").pipe(
          Effect.annotateLogs({ step: "Transform", line, byteOffset, reasons: reasons.map(describeReason) }),
        ),
      { discard: true },
    )
    const written = yield* users.upsert(load, chunk, yield* locateChunk(chunk))
    yield* Effect.logDebug("chunk committed").pipe(
      Effect.annotateLogs({ step: "Load", byteOffset: chunk.to.byteOffset, ...written }),
    )
    return chunk.rejects[0]
  })

  const finished = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, firstReject: Reject | undefined) {
    const counts = yield* runs.finishFile(load)
    yield* Effect.logInfo(`${load.file.name}: ${counts.read} records`).pipe(
      Effect.annotateLogs({ step: "Load", ...counts }),
    )
    if (firstReject !== undefined) {
      const why = firstReject.reasons.map(describeReason).join(", ")
      yield* Effect.logWarning(
        `${load.file.name}: ${counts.rejected} records rejected, the first at line ${firstReject.line}: ${why}`,
      ).pipe(Effect.annotateLogs({ step: "Transform" }))
    }
    return fileSummary(load.file, "loaded", counts, null)
  })

  const failed = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, error: SourceError) {
    yield* Effect.logError(error.message).pipe(Effect.annotateLogs({ step: "Extract" }))
    return fileSummary(load.file, "failed", yield* runs.fileCounts(load), error.message)
  })

  const loadFile = Effect.fn("Pipeline.loadFile")(
    function* (options: PipelineOptions, runId: number, load: FileLoad<SourceFile>) {
      if (load.state === "loaded" && load.runId === runId) {
        return fileSummary(load.file, "loaded", yield* runs.fileCounts(load), null)
      }
      if (load.state === "loaded") {
        yield* Effect.logDebug("already loaded").pipe(Effect.annotateLogs({ step: "Extract" }))
        return fileSummary(load.file, "skipped", noRecords, null)
      }
      yield* Effect.logDebug("reading").pipe(
        Effect.annotateLogs({ step: "Extract", size: load.file.size, fromLine: load.resume?.position.line ?? 1 }),
      )
      return yield* source.read(load.file, load.resume?.position.byteOffset ?? 0).pipe(
        readChunks(load.file, { ...options, resume: load.resume }),
        Stream.mapEffect((chunk) => loadChunk(load, chunk)),
        Stream.runFold(
          (): Reject | undefined => undefined,
          (first, rejected) => first ?? rejected,
        ),
        Effect.flatMap((firstReject) => finished(load, firstReject)),
        Effect.catchTag("SourceError", (error) => failed(load, error)),
      )
    },
    (effect, _options, _runId, load) => Effect.annotateLogs(effect, { file: load.file.uri }),
  )
  return { loadFile, counts }
})

const fileSummary = (
  { uri, name }: SourceFile,
  state: FileSummary["state"],
  counts: RecordCounts,
  error: string | null,
): FileSummary => ({ uri, name, state, counts, error })

/**
 * Loads every file of the source that is not loaded yet, and locates the users' addresses meanwhile. A file that cannot
 * be read fails alone; an error of the database ends the run. What is committed stays committed: the same call goes on
 * where this one ended, under the same run id, until every file is loaded.
 */
export const run = Effect.fn("Pipeline.run")(
  function* (options: PipelineOptions) {
    const source = yield* Source
    const users = yield* UserRepo
    const runs = yield* RunRepo
    const locator = yield* GeoLocator
    const queue = yield* LocationQueue
    const start = yield* Clock.currentTimeMillis

    const files = yield* source.files
    yield* users.migrate
    const request = { source: source.uri, mapping: signature(options.mapping), force: options.force }
    const { runId, attempt } = yield* runs.begin(request)

    return yield* Effect.gen(function* () {
      yield* Effect.logDebug(attempt === 1 ? "run begins" : "run goes on").pipe(
        Effect.annotateLogs({ source: source.uri, files: files.length, attempt, locator: locator.name }),
      )
      const loads = yield* runs.register(runId, request, files)
      yield* checkMappings(loads)

      const { loadFile, counts } = yield* makeLoadFile
      const isLoaded = yield* Deferred.make<void>()
      const { service } = locator
      const locating = service === undefined ? undefined : yield* Effect.forkChild(Locating.drain(service, isLoaded))
      const loaded = yield* Effect.forEach(loads, (load) => loadFile(options, runId, load))
      yield* Deferred.succeed(isLoaded, undefined)
      const drained = locating === undefined ? undefined : yield* Fiber.join(locating)

      const totals = loaded.reduce((sum, file) => addCounts(sum, file.counts), noRecords)
      if (unaccounted(totals) !== 0) {
        return yield* Effect.die(
          new Error(`run ${runId}: the outcomes do not add up to the records read: ${JSON.stringify(totals)}`),
        )
      }
      if (loaded.every((file) => file.state !== "failed")) yield* runs.finish(runId)

      const atOnce = yield* Ref.get(counts)
      const summary: RunSummary = {
        runId,
        attempt,
        source: source.uri,
        files: loaded,
        totals,
        addresses: {
          located: atOnce.located + (drained?.located ?? 0),
          unlocatable: atOnce.unlocatable + (drained?.unlocatable ?? 0),
          waiting: service === undefined ? 0 : yield* queue.waiting,
        },
        locatingError: drained?.error?.message ?? null,
        milliseconds: (yield* Clock.currentTimeMillis) - start,
      }
      yield* Effect.logDebug("run ends").pipe(Effect.annotateLogs({ ...totals, ...summary.addresses }))
      return summary
    }).pipe(Effect.annotateLogs({ run: runId }))
  },
  Effect.annotateLogs({ step: "ETL" }),
)
