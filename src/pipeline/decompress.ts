// The stage `decompress`: bytes as stored become those of the CSV.

import { Effect, Exit, Pull, Scope, Stream } from "effect"
import type { Compression } from "../compression/Compression.ts"
import { compressionOf, headSize } from "../compression/compressions.ts"
import { fromByte } from "../domain/byteRange.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import { reportBytes } from "../observability/Progress.ts"
import type { Source } from "../source/Source.ts"

/** A file that is being read. */
interface OpenFile {
  /** Undefined: its bytes are stored as they are. */
  readonly compression: Compression | undefined
  /** All its bytes, as stored: those that were read to find this out, then those that the same reading brings. */
  readonly stored: Stream.Stream<Uint8Array, SourceError>
  /** How many bytes of it were read so far. */
  readonly length: number
}

/** Reads a file's first bytes, and no more: they show how it is compressed. */
export const open = Effect.fnUntraced(function* (source: Source["Service"], file: SourceFile) {
  const pull = yield* Stream.toPull(source.read(file, 0))
  const first: Array<Uint8Array> = []
  const head: Array<number> = []
  let length = 0
  /** Whether there was more. */
  const next = pull.pipe(
    Effect.map((chunks) => {
      for (const chunk of chunks) {
        first.push(chunk)
        head.push(...chunk.subarray(0, headSize - head.length))
        length += chunk.length
      }
      return true
    }),
    Pull.catchDone(() => Effect.succeed(false)),
  )
  let isOver = false
  while (head.length < headSize && !isOver) isOver = !(yield* next)
  const rest = isOver ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
  return {
    compression: compressionOf(Uint8Array.from(head)),
    stored: Stream.concat(Stream.fromIterable(first), rest),
    length,
  } satisfies OpenFile
})

/** The text of a compressed file, from its beginning. */
const decompressed = (
  source: Source["Service"],
  file: SourceFile,
  { decompress }: Compression,
  stored: OpenFile["stored"],
) =>
  decompress(stored).pipe(
    Stream.catchTag("DecompressError", ({ message, cause }) => {
      const { uri } = file
      const damaged = {
        operation: "read",
        uri,
        reason: "damaged",
        message: `${uri} ${message}`,
        ...(cause && { cause }),
      } as const
      return Stream.concat(
        // A file that was replaced meanwhile is not damaged.
        Stream.fromEffectDrain(source.checkUnchanged(file)),
        Stream.fail(new SourceError(damaged)),
      )
    }),
  )

/** All bytes, unless they are more than `most`. */
const collect = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, most: number) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return bytes.pipe(
      Stream.takeUntil((chunk) => {
        chunks.push(chunk)
        size += chunk.length
        return size > most
      }),
      Stream.runDrain,
      Effect.map(() => {
        if (size > most) return undefined
        return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      }),
    )
  })

/** The text of a small file; undefined: it has more than `most` bytes. */
export const readSmallText = Effect.fnUntraced(function* (source: Source["Service"], file: SourceFile, most: number) {
  const stored = yield* collect(source.read(file, 0), most)
  const compression = stored && !file.isPlain ? compressionOf(stored.subarray(0, headSize)) : undefined
  return compression === undefined
    ? stored
    : yield* collect(decompressed(source, file, compression, Stream.succeed(stored!)), most)
})

/**
 * The bytes of a file's text from `byteOffset` on. A compressed file is decompressed from its beginning, and read once.
 * A plain one is read from the byte: where the byte is far, and nothing shows before that it is plain, its beginning is
 * read too. `isPart`: of a file that was split, which is plain.
 */
export const readText = (
  source: Source["Service"],
  file: SourceFile,
  byteOffset: number,
  isPart = false,
): Stream.Stream<Uint8Array, SourceError> => {
  const { uri } = file
  const plain = () => source.read(file, byteOffset).pipe(reportBytes(uri, byteOffset))
  if (isPart || file.isPlain) return plain()
  const opened = Effect.gen(function* () {
    const looking = yield* Scope.fork(yield* Effect.scope)
    const { compression, length, stored } = yield* Scope.provide(open(source, file), looking)
    if (compression !== undefined) {
      return decompressed(source, file, compression, reportBytes(uri, 0)(stored)).pipe(fromByte(uri, byteOffset))
    }
    if (byteOffset <= length) return stored.pipe(fromByte(uri, byteOffset), reportBytes(uri, byteOffset))
    yield* Scope.close(looking, Exit.void)
    return plain()
  })
  return Stream.unwrap(opened)
}
