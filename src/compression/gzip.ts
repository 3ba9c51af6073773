// gzip, of one member or of several.

import { Cause, Effect, Pull, Scope, Stream } from "effect"
import { createGunzip } from "node:zlib"
import { makeReader } from "../domain/readable.ts"
import { type Compression, DecompressError } from "./Compression.ts"

/** Bytes inflated at a time: however far a file expands, little more than this is held in memory. */
const chunkSize = 64 * 1024

/** The first bytes of every gzip member. */
const magic = [0x1f, 0x8b]

const decompress = <E, R>(
  compressed: Stream.Stream<Uint8Array, E, R>,
): Stream.Stream<Uint8Array, E | DecompressError, R> =>
  Stream.transformPull(
    compressed,
    Effect.fnUntraced(function* (upstream, scope) {
      const inflater = createGunzip({ chunkSize })
      const reader = makeReader(inflater)
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => inflater.destroy()),
      )
      const head: Array<number> = []
      let fed = 0
      let inflating = 0
      let finished = false

      const fail = (message: string, cause?: Error) =>
        Effect.fail(new DecompressError({ message, ...(cause && { cause }) }))

      const feed = upstream.pipe(
        Effect.map((chunks) => {
          for (const chunk of chunks) {
            if (head.length < magic.length) head.push(...chunk.subarray(0, magic.length - head.length))
            fed += chunk.length
            inflating++
            inflater.write(chunk, () => {
              inflating--
              reader.wake()
            })
          }
        }),
        Pull.catchDone(() =>
          Effect.sync(() => {
            finished = true
            inflater.end()
          }),
        ),
      )

      const explain = (error: Error) => {
        if (head.some((byte, index) => byte !== magic[index])) {
          return fail("is not gzip, although its name ends in .gz. Rename it, or compress it.", error)
        }
        if ("code" in error && error.code === "Z_BUF_ERROR") {
          return fail("ends before its gzip data does: the file is incomplete. Copy it again.", error)
        }
        if (error.message === "incorrect header check") return trailing
        return fail(`is damaged gzip (${error.message}). Copy or compress it again.`, error)
      }
      const trailing = fail("has other bytes after its gzip data. Compress it again.")

      const pull: Pull.Pull<readonly [Uint8Array], DecompressError | E> = Effect.flatMap(
        reader.poll.pipe(Effect.catch(explain)),
        (polled) => {
          if (polled === "ended") return fed > inflater.bytesWritten ? trailing : Cause.done()
          if (polled !== "waiting") return Effect.succeed([polled] as const)
          return Effect.andThen(inflating > 0 || finished ? reader.news : feed, pull)
        },
      )
      return pull
    }),
  )

export const gzip: Compression = { decompress }
