// Files of records that are plain or nearly so, drawn by a seed: formats, mappings, values at each column's border.

import { Result } from "effect"
import { fitHeader } from "../../../src/csv/fitHeader.ts"
import { fieldCountsOf, type Header } from "../../../src/csv/header.ts"
import * as ColumnMapping from "../../../src/domain/ColumnMapping.ts"
import { type FieldColumn, fieldColumns } from "../../../src/domain/fileColumns.ts"
import { type Format, plainFormat } from "../../../src/domain/Format.ts"
import { makeRandom, type Random } from "../../fixtures/Random.ts"
import { listed, valuesOf } from "./drawnValues.ts"

const pick = <A>({ below }: Random, values: ReadonlyArray<A>): A => values[below(values.length)]!

/** Formats of a mapping: those that leave dates plain, and those that may not. */
export const formats = listed(
  "YYYY-MM-DD¦YYYY-MM-DD HH:mm:ss¦YYYY-MM-DDTHH:mm:ss.SSSZ¦YYYY-MM-DDZ¦MM/DD/YYYY¦D/M/YYYY¦DD/MM/YYYY HH:mm¦M/DD/YYYYZ",
)
export const otherFormats = listed(
  "DD/MM/YY¦DD/MM/YYYYHHmm¦DD.MM.YYYY¦epoch¦epoch-ms¦excel¦YYYY-DD-MM¦MM/DD/YYHH¦MM/DD/YYHHmm¦MMM D, YYYY¦YYYY/MM/DD" +
    "¦YYYYMMDD¦YY-MM-DD¦D-M-YYYY¦DDMMYYYY¦HH:mm DD/MM/YYYY¦YYYY-MM-DD hh:mm A",
)

const saidOf = (random: Random, column: FieldColumn) => {
  const said: Record<string, unknown> = {}
  if (column === "email" || !random.perMille(250)) return said
  const isDay = column === "created_at" || column === "updated_at"
  if (isDay && random.perMille(700)) said["format"] = pick(random, random.perMille(700) ? formats : otherFormats)
  if (random.perMille(300))
    said["null"] = [
      pick(random, ["1900-01-01", " 1900-01-01 ", "0.0.0.0", "0.0.0.0 ", "fe80::", "Nil", "ok", "1/2/2024", "Ada"]),
    ]
  if (column === "status" && random.perMille(500)) Object.assign(said, { true: ["OK", "Ja"], false: ["2"], null: [] })
  return said
}

/** A header of some columns, in any order, and of fields that are not mapped. */
const headerOf = (random: Random, format: Format): Header => {
  const columns = fieldColumns.filter((column) => column === "email" || random.perMille(700))
  const places = [...columns, ...(random.perMille(300) ? (["other", "other"] as const) : [])]
  const order = places.map((column) => ({ column, key: random.next() })).toSorted((left, right) => left.key - right.key)
  const names = order.map(({ column }, index) => (column === "other" ? `other ${index}` : column))
  if (random.perMille(100)) names.push("")
  const mapping = ColumnMapping.make(
    Object.fromEntries(columns.map((column) => [column, { column, ...saidOf(random, column) }])),
  )
  const fitted = Result.getOrThrow(fitHeader(mapping, names, format.delimiter))
  return {
    format,
    bytes: new Uint8Array(),
    end: { byteOffset: 0, line: 1 },
    fields: fieldCountsOf(names),
    mapping,
    ...fitted,
  }
}

const formatOf = (random: Random): Format => {
  const isOr = (share: number) => random.perMille(share)
  return {
    ...plainFormat,
    delimiter: pick(random, [",", ",", ";", "\t", "|"]),
    quote: isOr(100) ? pick(random, [null, "'"]) : '"',
    lineEnd: pick(random, ["LF", "LF", "CRLF", null]),
    comment: isOr(100) ? pick(random, ["#", "//"]) : null,
    shortRows: isOr(200) ? "null" : "reject",
    trim: !isOr(100),
    isExact: isOr(100),
    quotedLines: isOr(300) ? "keep" : "reject",
    badValues: isOr(200) ? "null" : "reject",
    nullWords: isOr(200) ? [pick(random, ["Nil", "NULL", "1", "-", "Ada"])] : [],
    monthFirst: isOr(500) ? ["created_at", "updated_at"] : [],
    widths: isOr(100) ? { ...plainFormat.widths, first_name: pick(random, [null, 3, 400]) } : plainFormat.widths,
  }
}

const written = (random: Random, text: string, { delimiter, quote }: Format, isNear: boolean): string => {
  if (quote === null) return text.replaceAll(delimiter, "")
  const needsQuotes = text.includes(delimiter) || text.includes(quote)
  if (!needsQuotes && !random.perMille(150)) return text
  return `${quote}${text.replaceAll(quote, isNear ? quote + quote : "")}${quote}`
}

const lineEndOf = (random: Random, { lineEnd }: Format, isNear: boolean): string => {
  if (isNear) return pick(random, ["\n", "\r\n", "\r\n", "\r", "\r\r\n", "\n\n"])
  return lineEnd === "CRLF" ? "\r\n" : lineEnd === null ? pick(random, ["\n", "\r\n"]) : "\n"
}

/** `nearness`: how many of a thousand fields are at a border. */
const recordOf = (random: Random, { fields, format, names }: Header, nearness: number): string => {
  const isNear = () => random.perMille(nearness)
  const texts = names.map((name) => {
    const { near, plain } = valuesOf(fieldColumns.find((column) => column === name))
    return written(random, pick(random, isNear() ? near : plain), format, isNear())
  })
  if (texts.length === fields.all && fields.all > fields.named && random.perMille(500)) texts.pop()
  if (isNear()) texts.pop()
  if (isNear()) texts.push("")
  const start = isNear() ? pick(random, ["\ufeff", "#", "//", " ", "\n", "  \n", "\x1a"]) : ""
  return start + texts.join(format.delimiter) + lineEndOf(random, format, isNear())
}

const mutants = ['"', "'", ",", ";", "\n", "\r", " ", "\t", "1", "a", "A", "\\", "\0", "/", "-", ":", "."]

/** Deletes, inserts or replaces a byte. */
const mutated = (random: Random, record: Uint8Array): Uint8Array => {
  const at = random.below(record.length)
  const byte = random.perMille(150) ? pick(random, [0xff, 0xc3, 0x80, 0xef]) : pick(random, mutants).charCodeAt(0)
  const way = random.below(3)
  return Buffer.concat([
    record.subarray(0, at),
    way === 0 ? new Uint8Array() : Uint8Array.of(byte),
    record.subarray(way === 1 ? at : at + 1),
  ])
}

export interface DrawnFile {
  readonly header: Header
  readonly bytes: Uint8Array
  /** Sizes of the pieces in which they arrive. */
  readonly pieces: ReadonlyArray<number>
}

const encoder = new TextEncoder()

/** `nearness`: how many of a thousand fields are at a border, and half as many records have a byte changed. */
export const drawFile = (seed: number, records: number, nearness: number): DrawnFile => {
  const random = makeRandom(seed)
  const header = headerOf(random, formatOf(random))
  const lines = Array.from({ length: records }, () => {
    const line = encoder.encode(recordOf(random, header, nearness))
    return random.perMille(nearness * 2) ? mutated(random, line) : line
  })
  const size = pick(random, [1, 7, 100, 1000, 100_000])
  return { header, bytes: Buffer.concat(lines), pieces: [1 + random.below(size), 1 + random.below(size)] }
}
