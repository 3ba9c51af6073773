import { Effect, Latch } from "effect"
import type { Readable } from "node:stream"

/** What a Node stream has for its reader now: bytes, nothing yet, or nothing ever again. */
type Polled = Uint8Array | "waiting" | "ended"

const cutShort = new Error("closed before its end")

/** Takes from a Node stream what is there, never more than was asked for: backpressure reaches whoever fills it. */
export const makeReader = (stream: Readable) => {
  const news = Latch.makeUnsafe(false)
  const wake = () => {
    news.openUnsafe()
  }
  for (const event of ["readable", "end", "error", "close"]) stream.on(event, wake)
  return {
    /** Wakes who waits for news: something besides the stream itself happened. */
    wake,
    /** Fails with what the stream was destroyed with. */
    poll: Effect.suspend((): Effect.Effect<Polled, Error> => {
      const bytes: Uint8Array | null = stream.read()
      if (bytes !== null) return Effect.succeed(bytes)
      if (stream.readableEnded) return Effect.succeed("ended")
      if (stream.destroyed) return Effect.fail(stream.errored ?? cutShort)
      news.closeUnsafe()
      return Effect.succeed("waiting")
    }),
    /** Until the next poll can have another answer. */
    news: news.await,
  }
}
