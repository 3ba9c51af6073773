// The stage `reportFormat`: how a file is read, where that is not plain, is printed once.

import { Effect, Stream } from "effect"
import type { FramedRecords } from "../csv/frameRecords.ts"
import { describeFormat } from "../domain/Format.ts"

/** Logs it with the name of the file. */
export const reportFormat =
  (name: string) =>
  <E, R>(framed: Stream.Stream<FramedRecords, E, R>): Stream.Stream<FramedRecords, E, R> =>
    Stream.suspend(() => {
      let isReported = false
      return Stream.tap(framed, ({ header }) => {
        const described = isReported ? undefined : describeFormat(header.format)
        isReported = true
        return described === undefined
          ? Effect.void
          : Effect.logInfo(`${name}: ${described}`).pipe(Effect.annotateLogs({ step: "Extract" }))
      })
    })
