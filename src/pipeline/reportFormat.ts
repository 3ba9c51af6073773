// The stages that report how a file is read, where that is not plain, and which of its rows are no records.

import { Effect, Stream } from "effect"
import type { DecodedRecords } from "../csv/decodeRecords.ts"
import type { FramedRecords } from "../csv/frameRecords.ts"
import { plural } from "../text/format.ts"
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

const rowsOf = (blankRows: number, repeatedHeaders: number): string =>
  [
    ...(blankRows === 0 ? [] : [plural(blankRows, "blank row")]),
    ...(repeatedHeaders === 0 ? [] : [plural(repeatedHeaders, "repeated header")]),
  ].join(" and ")

/** Logs how many rows are no records, once all are read. */
export const reportSkippedRows =
  (name: string) =>
  <E, R>(decoded: Stream.Stream<DecodedRecords, E, R>): Stream.Stream<DecodedRecords, E, R> =>
    Stream.suspend(() => {
      let blank = 0
      let repeated = 0
      const log = Effect.suspend(() => {
        const rows = blank + repeated
        if (rows === 0) return Effect.void
        const what = `${rowsOf(blank, repeated)} ${rows === 1 ? "is no record" : "are no records"}`
        return Effect.logInfo(`${name}: ${what}`).pipe(Effect.annotateLogs({ step: "Extract" }))
      })
      return decoded.pipe(
        Stream.tap(({ blankRows, repeatedHeaders }) => {
          blank += blankRows
          repeated += repeatedHeaders
          return Effect.void
        }),
        Stream.onEnd(log),
      )
    })
