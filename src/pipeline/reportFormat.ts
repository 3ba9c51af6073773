// The stages that report how a file is read, where that is not plain, and which of its rows are no records.

import { Effect, Stream } from "effect"
import type { DecodedRecords } from "../csv/decodeRecords.ts"
import type { FramedRecords } from "../csv/frameRecords.ts"
import type { Header } from "../csv/header.ts"
import { plural } from "../text/format.ts"
import { describeFormat } from "../domain/Format.ts"

const mostCharacters = 40

/** How a file is read. */
type Reading = Pick<Header, "format"> & Partial<Pick<Header, "alike">>

const describeAlike = ([first, ...others]: Header["alike"]): string | undefined => {
  if (first === undefined) return undefined
  const [name, expected] = first.map((text) => JSON.stringify(text.slice(0, mostCharacters)))
  const more = others.length === 0 ? "" : `, and so ${plural(others.length, "other header")}`
  return `header ${name} is read as ${expected}${more}`
}

/** What differs from a plain file whose headers are the mapping's; undefined: nothing. */
export const describeReading = ({ alike = [], format }: Reading): string | undefined => {
  const parts = [describeFormat(format) ?? [], describeAlike(alike) ?? []].flat()
  return parts.length === 0 ? undefined : parts.join(", ")
}

export const logFormat = (name: string, reading: Reading): Effect.Effect<void> => {
  const described = describeReading(reading)
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
        return logFormat(name, header)
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
