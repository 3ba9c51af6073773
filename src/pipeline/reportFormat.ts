// The stages that report how a file is read, where that is not plain, and which of its fields and rows are not loaded.

import { Effect, Stream } from "effect"
import type { DecodedRecords } from "../csv/decodeRecords.ts"
import type { FramedRecords } from "../csv/Framing.ts"
import { type Header, printable } from "../csv/header.ts"
import { describeFormat } from "../domain/Format.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { formatNumber, plural } from "../text/format.ts"
import type { Log } from "./fileOutcome.ts"

const mostCharacters = 40

/** Fields that are named. */
const mostNames = 20

/** How a file is read. */
type Reading = Pick<Header, "alike" | "format" | "notLoaded">

type File = Pick<SourceFile, "isLinked" | "name">

/** What looks like a space, or like nothing, and is another character. */
const lookalike = /(?! )[\p{Zs}\p{Cf}]/gu

const quoted = (name: string): string =>
  JSON.stringify(name.slice(0, mostCharacters)).replaceAll(
    lookalike,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )

const describeAlike = ([first, ...others]: Header["alike"]): string | undefined => {
  if (first === undefined) return undefined
  const [name, expected] = first.map(quoted)
  const more = others.length === 0 ? "" : `, and so ${plural(others.length, "other header")}`
  return `header ${name} is read as ${expected}${more}`
}

/** A name in a list: quoted where it would not be seen what belongs to it. */
const listed = (name: string): string => {
  const shown = printable(name, mostCharacters)
  return /^[\p{L}\p{N}_.-]+(?: [\p{L}\p{N}_.-]+)*$/u.test(shown) ? shown : `"${shown}"`
}

/** Fields that no column keeps; undefined: there are none, or the names are not to be shown. */
const describeNotLoaded = (names: ReadonlyArray<string>, { isLinked = false }: File): string | undefined => {
  if (names.length === 0 || isLinked) return undefined
  // One with an @ may be the value of a record.
  const shown = names.filter((name) => !name.includes("@")).slice(0, mostNames)
  const others = names.length - shown.length
  if (shown.length === 0) return `not loaded: ${plural(others, "field")}`
  const more = others === 0 ? "" : ` and ${formatNumber(others)} ${others === 1 ? "other" : "others"}`
  return `not loaded: ${shown.map(listed).join(", ")}${more}`
}

/** What differs from a plain file whose headers are the mapping's, and which fields are not loaded. */
export const describeReading = ({ alike, format, notLoaded }: Reading, file: File): ReadonlyArray<string> => {
  const parts = [describeFormat(format) ?? [], describeAlike(alike) ?? []].flat()
  return [parts.length === 0 ? [] : parts.join(", "), describeNotLoaded(notLoaded, file) ?? []].flat()
}

/** Logs it with the name of the file. `log`: at which level. */
export const logFormat = (file: File, reading: Reading, log: Log = Effect.logInfo): Effect.Effect<void> =>
  Effect.forEach(describeReading(reading, file), (described) => log(`${file.name}: ${described}`), {
    discard: true,
  }).pipe(Effect.annotateLogs({ step: "Extract" }))

/** Logs how the file is read, once that is known. */
export const reportFormat =
  (file: File) =>
  <E, R>(framed: Stream.Stream<FramedRecords, E, R>): Stream.Stream<FramedRecords, E, R> =>
    Stream.suspend(() => {
      let isReported = false
      return Stream.tap(framed, ({ header }) => {
        if (isReported) return Effect.void
        isReported = true
        return logFormat(file, header)
      })
    })

const rowsOf = (blankRows: number, repeatedHeaders: number): string =>
  [
    ...(blankRows === 0 ? [] : [plural(blankRows, "blank row")]),
    ...(repeatedHeaders === 0 ? [] : [plural(repeatedHeaders, "repeated header")]),
  ].join(" and ")

/** Logs how many rows are no records. `log`: at which level. */
export const logSkippedRows = (
  name: string,
  { blankRows, repeatedHeaders }: Pick<DecodedRecords, "blankRows" | "repeatedHeaders">,
  log: Log = Effect.logInfo,
): Effect.Effect<void> => {
  const rows = blankRows + repeatedHeaders
  if (rows === 0) return Effect.void
  const what = `${rowsOf(blankRows, repeatedHeaders)} ${rows === 1 ? "is no record" : "are no records"}`
  return log(`${name}: ${what}`).pipe(Effect.annotateLogs({ step: "Extract" }))
}

/** Logs it once all are read. */
export const reportSkippedRows =
  (name: string) =>
  <E, R>(decoded: Stream.Stream<DecodedRecords, E, R>): Stream.Stream<DecodedRecords, E, R> =>
    Stream.suspend(() => {
      const skipped = { blankRows: 0, repeatedHeaders: 0 }
      return decoded.pipe(
        Stream.tap(({ blankRows, repeatedHeaders }) => {
          skipped.blankRows += blankRows
          skipped.repeatedHeaders += repeatedHeaders
          return Effect.void
        }),
        Stream.onEnd(Effect.suspend(() => logSkippedRows(name, skipped))),
      )
    })
