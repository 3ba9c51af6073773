// The stage `reportFormat`: how a file is read, where that is not plain, is printed once.

import { Effect, Stream } from "effect"
import type { FramedRecords } from "../csv/frameRecords.ts"
import { describeFormat, type Format } from "../domain/Format.ts"

export const logFormat = (name: string, format: Format): Effect.Effect<void> => {
  const described = describeFormat(format)
  if (described === undefined) return Effect.void
  return Effect.logInfo(`${name}: ${described}`).pipe(Effect.annotateLogs({ step: "Extract" }))
}

/** Logs it with the name of the file. */
export const reportFormat =
  (name: string) =>
  <E, R>(framed: Stream.Stream<FramedRecords, E, R>): Stream.Stream<FramedRecords, E, R> =>
    Stream.suspend(() => {
      let isReported = false
      return Stream.tap(framed, ({ header }) => {
        if (isReported) return Effect.void
        isReported = true
        return logFormat(name, header.format)
      })
    })
