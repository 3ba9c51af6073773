// What happens to small files: they are taken and read together, and committed many at once.

import { Effect, Option, Result, Stream } from "effect"
import { type DecodedFile, makeFileDecoder } from "../csv/decodeFile.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { FileLoad, SmallFiles } from "../repo/RunRepo.ts"
import { Source } from "../source/Source.ts"
import { commitFiles } from "./commitFiles.ts"
import { readSmallText } from "./decompress.ts"
import { maxRecordsOfWhole } from "./divideChunk.ts"
import type * as FileLimit from "./FileLimit.ts"
import { FilesBuilder, type ReadFiles } from "./FilesBuilder.ts"
import type { Group } from "./groupFiles.ts"
import { loadTaken } from "./LoadFile.ts"
import type { Run } from "./Run.ts"

/** Files that are read at once: each waits for its disk, or for its answer. */
const readAtOnce = 16

/** The most bytes of a file's text: a compressed one may have any number. */
const mostText = 512 * 1024

/** A file that the run has taken. */
type Load = FileLoad<SourceFile>

/** A file, and the bytes of its text; undefined: they cannot be read, or are too many. */
interface Stored {
  readonly load: Load
  readonly bytes: Uint8Array | undefined
}

/** A file that is decoded; undefined: it is not to be loaded together with others. */
interface Decoded extends Stored {
  readonly decoded: DecodedFile | undefined
}

/** What is loaded next: files together, or one alone. */
type Next = ReadFiles | { readonly alone: Load }

/** The stage that collects files until they are as many as are committed at once. */
const collect =
  (mostRecords: number) =>
  <E, R>(files: Stream.Stream<Decoded, E, R>): Stream.Stream<Next, E, R> =>
    Stream.suspend(() => {
      const builder = new FilesBuilder(mostRecords)
      const take = () => (builder.isEmpty ? [] : [builder.take()])
      return files.pipe(
        Stream.map(({ bytes, decoded, load }): ReadonlyArray<Next> => {
          if (bytes === undefined || decoded === undefined) return [...take(), { alone: load }]
          const full = builder.hasRoom(decoded.count, bytes.length) ? [] : take()
          builder.add(load, decoded, bytes.length)
          return full
        }),
        Stream.flattenIterable,
        Stream.concat(Stream.suspend(() => Stream.fromIterable(take()))),
      )
    })

/**
 * What loads groups of small files of which nothing is loaded, in the files' order. A file is loaded alone, in its turn,
 * where it cannot be read, has too many records, or is committed with one that the database refuses, or that may stop
 * the run. Returns the summaries by number; it leaves out files that another process has.
 */
export const makeLoadSmallFiles = (run: Run, small: SmallFiles, withRoomFor: FileLimit.WithRoomFor) => {
  const { options, request, runId, stopwatch } = run
  const mostRecords = Math.min(maxRecordsOfWhole, options.chunkSize)
  const makeDecoder = Effect.cached(
    Effect.map(run.widths, (widths) => makeFileDecoder({ ...options, widths, mostRecords })),
  )

  const loadAlone = Effect.fnUntraced(function* (load: Load) {
    const { size, uri } = load.file
    const summary = yield* withRoomFor(size)(loadTaken(run, load))
    yield* reportProgress({ _tag: "FileEnded", uri, size })
    return summary
  })

  return Effect.map(makeDecoder, (decoder) =>
    Effect.fn("Loading.loadFiles")(function* (group: Group) {
      yield* Effect.annotateCurrentSpan("etl.files", group.length)
      const source = yield* Source
      const taken = yield* small.takeFree(runId, request, group)
      const decode = yield* decoder
      let since = yield* monotonicMillis

      /** What cannot be read is reported when it is loaded alone. */
      const read = (load: Load): Effect.Effect<Stored> =>
        readSmallText(source, load.file, mostText).pipe(
          Effect.catchTag("SourceError", () => Effect.undefined),
          Effect.map((bytes) => ({ load, bytes })),
        )

      const decodeOne = ({ bytes, load }: Stored): Decoded => {
        const { file, fileId } = load
        const decoded = bytes && decode(bytes, { fileId, ...(file.isLinked && { isLinked: true }) })
        return { load, bytes, decoded: decoded && Result.isSuccess(decoded) ? decoded.success : undefined }
      }

      const loadNext = Effect.fnUntraced(function* (next: Next) {
        if ("alone" in next) return [yield* loadAlone(next.alone)]
        // No other file meanwhile: of two statements that insert the same new user one waits for the other, and fails.
        const committed = yield* withRoomFor(Infinity)(commitFiles(run, small, next, since))
        const summaries = Option.isSome(committed)
          ? committed.value
          : yield* Effect.forEach(next.files, ({ load }) => loadAlone(load))
        since = yield* monotonicMillis
        return summaries
      })

      const summaries = yield* Stream.fromIterable(taken).pipe(
        Stream.mapEffect(read, { concurrency: readAtOnce }),
        stopwatch.timePulls("extract"),
        Stream.map(decodeOne),
        collect(mostRecords),
        stopwatch.timePulls("decode"),
        Stream.mapEffect(loadNext),
        Stream.runCollect,
      )
      return new Map(summaries.flat().map((summary, index) => [taken[index]!.fileId, summary]))
    }, Effect.scoped),
  )
}
