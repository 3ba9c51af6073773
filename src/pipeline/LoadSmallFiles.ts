// What happens to small files: they are taken and read together, and committed many at once. What that cannot do with a
// file is left for `loadFile`.

import { Effect, Option, Result, Stream } from "effect"
import { type DecodedFile, makeFileDecoder } from "../csv/decodeFile.ts"
import { RowSet } from "../domain/rows/RowSet.ts"
import { addCounts, type FileSummary, noRecords } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { countChunk } from "../observability/Metrics.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { FileLoad, SmallFiles, WholeFile } from "../repo/RunRepo.ts"
import { Source } from "../source/Source.ts"
import { plural } from "../text/format.ts"
import { addressesByFile } from "./addressesByFile.ts"
import { readSmallText } from "./decompress.ts"
import { maxRecordsOfWhole } from "./divideChunk.ts"
import { describeCounts } from "./fileOutcome.ts"
import { countRecords, FilesBuilder, type ReadFiles } from "./FilesBuilder.ts"
import { countAnswers, type Located, locateUsers } from "./locateUsers.ts"
import type { Group } from "./groupFiles.ts"
import { reportFile } from "./reportFile.ts"
import type { Run } from "./Run.ts"
import { noLocations } from "./writeShares.ts"

/** Files that are read at once: each waits for its disk, or for its answer. */
const readAtOnce = 16

/** Where more files are committed together, a person reads one line of them; the log has one of each. */
const mostLines = 20

/** The most bytes of a file's text: a compressed one may have any number. */
const mostText = 512 * 1024

/** A file, and the bytes of its text; undefined: they cannot be read, or are too many. */
interface Bytes {
  readonly load: FileLoad<SourceFile>
  readonly bytes: Uint8Array | undefined
}

/** A file that is read to its end. */
interface Read {
  readonly load: FileLoad<SourceFile>
  readonly decoded: DecodedFile
}

/** A file that cannot be loaded together with others. */
interface Alone {
  readonly load: FileLoad<SourceFile>
  readonly decoded: undefined
}

/** The stage that collects files until they are as many records as are committed at once. */
const collect =
  (mostRecords: number) =>
  <E, R>(files: Stream.Stream<Read | Alone, E, R>): Stream.Stream<ReadFiles | GroupEnd, E, R> =>
    Stream.suspend(() => {
      const builder = new FilesBuilder(mostRecords)
      const take = () => (builder.isEmpty ? [] : [builder.take()])
      const rest = Stream.suspend(() => Stream.fromIterable(take()))
      return files.pipe(
        Stream.map(({ decoded, load }): ReadonlyArray<ReadFiles | GroupEnd> => {
          if (decoded === undefined) return [...take(), { loaded: [], alone: [load] }]
          const full = builder.hasRoom(countRecords(decoded)) ? [] : take()
          builder.add(load, decoded)
          return full
        }),
        Stream.flattenIterable,
        Stream.concat(rest),
      )
    })

/** What is known of the users' addresses without a service. */
const locate = Effect.fnUntraced(function* (run: Run, users: RowSet) {
  const { instant, service } = yield* GeoLocator
  const nothing: Located = { locations: noLocations, answers: [] }
  return instant === undefined && service === undefined
    ? nothing
    : yield* run.stopwatch.time("locate")(locateUsers(run, users))
})

/** How files of a group ended. */
interface GroupEnd {
  /** The summaries of those that are loaded, by number. */
  readonly loaded: ReadonlyArray<readonly [fileId: number, summary: FileSummary]>
  /** Those that come next, and are to be loaded one by one. */
  readonly alone: Group
}

/** Commits files. `alone`: nothing is committed. */
const commit = Effect.fnUntraced(function* (
  run: Run,
  { commit }: SmallFiles,
  { files, rows }: ReadFiles,
  start: number,
) {
  const alone: GroupEnd = { loaded: [], alone: files.map(({ load }) => load) }
  const rejected = files.reduce((sum, { rejects }) => sum + rejects.length, 0)
  const read = files.reduce((sum, { records }) => sum + records, 0)
  // One by one they show which file stops the run.
  if (run.isExceededBy(addCounts(yield* run.committed, { ...noRecords, read, rejected }))) return alone
  const users = RowSet.all(rows)
  const located = yield* locate(run, users)
  const { locations } = located
  const whole = files.map(({ header, load, rejects }): WholeFile => ({
    ...load,
    header: header.bytes,
    format: header.format,
    rejects,
  }))
  const committed = yield* run.stopwatch.time("load")(commit(whole, users, locations))
  if (Option.isNone(committed)) return alone
  const outcome = committed.value
  const counts = outcome.counts.reduce(addCounts, noRecords)
  const now = yield* monotonicMillis
  yield* countChunk(counts, (now - start) / 1_000)
  yield* countAnswers(run, located)
  yield* run.addresses.count("remembered", outcome.remembered)
  yield* run.count(counts)
  yield* reportProgress({ _tag: "ChunkCommitted", counts })
  const milliseconds = Math.round((now - start) / files.length)
  const addressesOf = addressesByFile(users, locations, outcome)
  const isMany = files.length > mostLines
  const loaded = yield* Effect.forEach(files, (file, index) => {
    const { fileId } = file.load
    const ended = { counts: outcome.counts[index]!, milliseconds, ...addressesOf(fileId) }
    const reported = reportFile(run, file, ended, isMany ? Effect.logDebug : Effect.logInfo)
    return Effect.map(reported, (summary) => [fileId, summary] as const)
  })
  if (isMany) {
    const [first, last] = [files[0]!, files.at(-1)!].map(({ load }) => load.file.name)
    const what = `${first} to ${last}, ${plural(files.length, "file")}: ${describeCounts(counts)}`
    yield* Effect.logInfo(what).pipe(Effect.annotateLogs({ step: "Load" }))
  }
  return { loaded, alone: [] } satisfies GroupEnd
})

/**
 * What loads groups of small files of which nothing is loaded, in the files' order, until one has to be loaded alone: it
 * cannot be read, has too many records, has one that the database refuses, or may stop the run. `held`: what another
 * process has. `withRoom`: in which each commit is.
 */
export const makeLoadSmallFiles = Effect.fnUntraced(function* (
  run: Run,
  small: SmallFiles,
  withRoom: <A, E, R>(commit: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
) {
  const { options, request, runId, stopwatch } = run
  const source = yield* Source
  const decode = makeFileDecoder({ ...options, widths: yield* run.widths })
  const mostRecords = Math.min(maxRecordsOfWhole, options.chunkSize)

  /** What cannot be read is reported when it is loaded alone. */
  const read = (load: FileLoad<SourceFile>) =>
    readSmallText(source, load.file, mostText).pipe(
      Effect.catchTag("SourceError", () => Effect.undefined),
      Effect.map((bytes) => ({ load, bytes })),
    )

  const decodeFile = ({ bytes, load }: Bytes): Read | Alone => {
    const { file, fileId } = load
    const decoded = bytes && decode(bytes, { ...file, fileId })
    const isSmall = decoded && Result.isSuccess(decoded) && countRecords(decoded.success) <= mostRecords
    return isSmall ? { load, decoded: decoded.success } : { load, decoded: undefined }
  }

  return Effect.fn("Loading.loadFiles")(function* (group: Group) {
    yield* Effect.annotateCurrentSpan("etl.files", group.length)
    const taken = yield* small.takeFree(runId, request, group)
    const start = yield* monotonicMillis
    const ends = yield* Stream.fromIterable(taken).pipe(
      Stream.mapEffect(read, { concurrency: readAtOnce }),
      stopwatch.timePulls("extract"),
      Stream.map(decodeFile),
      collect(mostRecords),
      stopwatch.timePulls("decode"),
      Stream.mapEffect((files) =>
        "rows" in files ? withRoom(commit(run, small, files, start)) : Effect.succeed(files),
      ),
      Stream.takeUntil(({ alone }) => alone.length > 0),
      Stream.runCollect,
    )
    const takenIds = new Set(taken.map(({ fileId }) => fileId))
    return {
      loaded: ends.flatMap(({ loaded }) => loaded),
      alone: ends.flatMap(({ alone }) => alone),
      held: group.filter(({ fileId }) => !takenIds.has(fileId)),
    }
  }, Effect.scoped)
})
