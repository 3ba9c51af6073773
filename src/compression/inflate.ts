// Runs stored bytes through a decompressor of `node:zlib`, as the consumer pulls.

import { Cause, Effect, Pull, Scope, Stream } from "effect"
import type { Gunzip, ZstdDecompress } from "node:zlib"
import { makeReader } from "../domain/readable.ts"
import { type Compression, DecompressError } from "./Compression.ts"

/** Bytes inflated at a time: however far a file expands, little more than this is held in memory. */
export const chunkSize = 64 * 1024

/** A compression's name, its decompressor, and why a file cannot be decompressed where that one fails. */
export interface Inflating {
  readonly name: string
  readonly make: () => Gunzip | ZstdDecompress
  readonly explain: (error: Error) => string
}

export const incomplete = (name: string): string =>
  `ends before its ${name} data does: the file is incomplete. Copy it again.`

export const damaged = (name: string, { message }: Error): string =>
  `is damaged ${name} (${message}). Copy or compress it again.`

export const trailing = (name: string): string => `has other bytes after its ${name} data. Compress it again.`

export const inflate =
  ({ explain, make, name }: Inflating): Compression["decompress"] =>
  <E, R>(stored: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | DecompressError, R> =>
    Stream.transformPull(
      stored,
      Effect.fnUntraced(function* (upstream, scope) {
        const inflater = make()
        const reader = makeReader(inflater)
        yield* Scope.addFinalizer(
          scope,
          Effect.sync(() => inflater.destroy()),
        )
        const waiting: Array<Uint8Array> = []
        let isWriting = false
        let isFed = false

        const feed = upstream.pipe(
          Effect.map((chunks) => void waiting.push(...chunks)),
          Pull.catchDone(() =>
            Effect.sync(() => {
              isFed = true
              inflater.end()
            }),
          ),
        )

        const write = (chunk: Uint8Array) => {
          isWriting = true
          inflater.write(chunk, () => {
            isWriting = false
            reader.wake()
          })
        }

        const pull: Pull.Pull<readonly [Uint8Array], DecompressError | E> = Effect.suspend(() =>
          Effect.flatMap(
            Effect.mapError(reader.poll, (cause) => new DecompressError({ message: explain(cause), cause })),
            (polled) => {
              if (polled === "ended") {
                // It has not taken in all of what is written.
                return isWriting ? Effect.fail(new DecompressError({ message: trailing(name) })) : Cause.done()
              }
              if (polled !== "waiting") return Effect.succeed([polled] as const)
              if (isWriting || isFed) return Effect.andThen(reader.news, pull)
              if (waiting.length === 0) return Effect.andThen(feed, pull)
              write(waiting.shift()!)
              return pull
            },
          ),
        )
        return pull
      }),
    )
