// Reads a Node stream by pulling.

import { Effect, Latch } from "effect"
import type { Readable } from "node:stream"

/** What a Node stream has now: bytes, nothing yet, or nothing more. */
type Polled = Uint8Array | "waiting" | "ended"

const closedEarly = new Error("closed before its end")

/** Reads what a Node stream has, and no more: backpressure reaches its producer. */
export const makeReader = (stream: Readable) => {
  const news = Latch.makeUnsafe(false)
  const wake = () => {
    news.openUnsafe()
  }
  for (const event of ["readable", "end", "error", "close"]) stream.on(event, wake)
  return {
    /** Ends a wait for `news`, where something besides the stream itself has changed. */
    wake,
    /** Fails with the error that destroyed the stream. */
    poll: Effect.suspend((): Effect.Effect<Polled, Error> => {
      const bytes: Uint8Array | null = stream.read()
      if (bytes !== null) return Effect.succeed(bytes)
      if (stream.readableEnded) return Effect.succeed("ended")
      if (stream.destroyed) return Effect.fail(stream.errored ?? closedEarly)
      news.closeUnsafe()
      return Effect.succeed("waiting")
    }),
    /** Waits until the next poll can have another answer. */
    news: news.await,
  }
}
