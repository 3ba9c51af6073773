// Reads a small file as an effect: interruption ends the wait for a pipe.

import { Effect } from "effect"
import { pauseMillis, SmallFile } from "./smallFile.ts"

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  ENXIO: "it is a socket; only files and pipes are read",
}

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = "code" in error ? String(error.code) : ""
  return reasons[code] ?? error.message
}

/** The text of a file of at most 1 MiB, or of a pipe that ends within 10 s. Fails with the reason. */
export const readSmallFile = (path: string): Effect.Effect<string, string> =>
  Effect.acquireUseRelease(
    Effect.try({ try: () => new SmallFile(path), catch: explain }),
    (file) => {
      const poll: Effect.Effect<Uint8Array, string> = Effect.try({ try: () => file.poll(), catch: explain }).pipe(
        Effect.flatMap((bytes) =>
          bytes === undefined ? Effect.andThen(Effect.sleep(pauseMillis), poll) : Effect.succeed(bytes),
        ),
      )
      return Effect.map(poll, (bytes) => new TextDecoder().decode(bytes))
    },
    (file) => Effect.sync(() => file.close()),
  )
