// A source of one CSV file that is written from a Stream of records.

import { Array, Effect, Predicate, Result, Stream } from "effect"
import { stringify } from "csv-stringify/sync"
import { fromByte } from "../domain/byteRange.ts"
import { SourceError, type SourceFile } from "../domain/SourceFile.ts"
import { exactFormat } from "../domain/Format.ts"
import { baseName } from "../text/format.ts"
import { printable } from "../text/printable.ts"
import { encodeText } from "./encodeText.ts"

/** A record's values by the names of the header; null and undefined are empty. A date is its instant in UTC. */
export type RecordToLoad = Readonly<Record<string, string | number | bigint | boolean | Date | null | undefined>>

export interface FromRecordsOptions {
  /** The names of the header. Default: those of the first record. */
  readonly header?: ReadonlyArray<string> | undefined
  /** Changes when the records do. Default: a new one at each listing. */
  readonly fingerprint?: string | undefined
}

/** Records that are written at once. */
const batchSize = 1_000

/** The text of a value; undefined: a file has none of it. */
const textOf = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return ""
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString()
  return typeof value === "object" || typeof value === "function" ? undefined : String(value)
}

/** Lines of CSV. A line of one empty field has quotes: else it would be blank, which is no record. */
const linesOf = (rows: ReadonlyArray<ReadonlyArray<string>>): Uint8Array =>
  encodeText(stringify([...rows], { quoted_empty: rows[0]?.length === 1 }))

/** Writes the records of one reading, a batch after the other. */
class Writer {
  readonly #uri: string
  readonly #header: ReadonlyArray<string>
  readonly #names: ReadonlySet<string>
  #count = 0

  constructor(uri: string, header: ReadonlyArray<string>) {
    this.#uri = uri
    this.#header = header
    this.#names = new Set(header)
  }

  get header(): Uint8Array {
    return linesOf([this.#header])
  }

  lines(records: ReadonlyArray<RecordToLoad>): Result.Result<Uint8Array, SourceError> {
    const rows: Array<ReadonlyArray<string>> = []
    for (const record of records) {
      this.#count++
      const row = this.#row(record)
      if (typeof row === "string") return Result.fail(this.#error(row))
      rows.push(row)
    }
    return Result.succeed(linesOf(rows))
  }

  /** The texts of the record's fields, or why it has none. */
  #row(record: RecordToLoad): ReadonlyArray<string> | string {
    for (const name of Object.keys(record)) {
      if (!this.#names.has(name)) return `has a field "${name}" that the header lacks. Give the header with all names.`
    }
    const row: Array<string> = []
    for (const name of this.#header) {
      const text = textOf(Object.hasOwn(record, name) ? record[name] : undefined)
      if (text === undefined) return `has an object in the field "${name}". Give text, a number, a boolean or a Date.`
      row.push(text)
    }
    return row
  }

  #error(problem: string): SourceError {
    const uri = this.#uri
    const message = printable(`${uri}: record ${this.#count} ${problem}`)
    return new SourceError({ operation: "read", uri, reason: "record", message })
  }
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") ? String(error.message) : String(error)

/** The source of one file `name` with these records. */
export const recordsSource = <E>(
  name: string,
  records: Stream.Stream<RecordToLoad, E>,
  { header, fingerprint }: FromRecordsOptions,
) => {
  const uri = `records:/${name}`

  const failed = (cause: E) =>
    new SourceError({ operation: "read", uri, reason: "stream", message: `${uri}: ${messageOf(cause)}`, cause })

  const bytes = Stream.suspend(() => {
    let writer = header === undefined ? undefined : new Writer(uri, header)
    const heading = Stream.fromIterable(writer === undefined ? [] : [writer.header])
    const lines = records.pipe(
      Stream.mapError(failed),
      Stream.mapArray((batch) => Array.chunksOf(batch, batchSize)),
      Stream.flatMap((batch) => {
        if (writer !== undefined) return Stream.fromEffect(Effect.fromResult(writer.lines(batch)))
        writer = new Writer(uri, Object.keys(batch[0]))
        return Stream.concat(Stream.succeed(writer.header), Stream.fromEffect(Effect.fromResult(writer.lines(batch))))
      }),
    )
    return Stream.concat(heading, lines)
  })

  const file = (fingerprint: string): SourceFile => ({
    uri,
    name: baseName(uri),
    fingerprint,
    size: 0,
    isPlain: true,
    format: exactFormat(","),
  })

  return {
    uri,
    files: Stream.fromEffect(Effect.sync(() => file(fingerprint ?? crypto.randomUUID()))),
    read: ({ uri }: SourceFile, from: number) => bytes.pipe(fromByte(uri, from)),
    checkUnchanged: () => Effect.void,
  }
}
