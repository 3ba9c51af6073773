// The columns of an answer, fetched as PostgreSQL's own text: the client knows the binary form of few types.

import { PgTypes } from "@effect/sql-pg"
import { printable, toJson } from "../../text/printable.ts"
import type { AnswerColumn, Cell } from "../../repo/ReadOnlyQuery.ts"

const { OID } = PgTypes

/** The most characters of a cell; fewer where more than 64 columns may be that long, for all cells of a row. */
const maxCell = 65_536
const maxTexts = 4 * 1024 * 1024

/** The most characters that are fetched at once, and the most rows, however short they are. */
const maxFetched = 16 * 1024 * 1024
const maxRows = 1_000

/** Types whose text is short. */
const short: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.float4,
  OID.float8,
  OID.date,
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
  OID.uuid,
  OID.name,
])
const shortText = 64

const numbers: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8, OID.oid, OID.float4, OID.float8])

/** Element types by the types of arrays. */
const elements = new Map(
  Object.values(OID).flatMap((element) => {
    const array = PgTypes.arrayOidFor(element)
    return array === undefined ? [] : [[array, element] as const]
  }),
)

/** The expression for a column's text: `::text`, except for a few types. */
const textOf = (column: string, type: number, longest: number): string => {
  if (short.has(type)) return `${column}::text`
  const enough = longest + 1
  // Before encoding, so that no more of a large value becomes text than is shown.
  if (type === OID.bytea) {
    return `'\\x' || pg_catalog.encode(pg_catalog.substr(${column}, 1, ${Math.ceil(enough / 2)}), 'hex')`
  }
  // Not `::text`, which drops spaces or adds a netmask.
  if (type === OID.bpchar || type === OID.inet) {
    return `case when ${column} is not null then pg_catalog.left(pg_catalog.format('%s', ${column}), ${enough}) end`
  }
  const text = elements.has(type) ? `pg_catalog.to_json(${column}::text::text[])::text` : `${column}::text`
  return `pg_catalog.left(${text}, ${enough})`
}

/** A timestamp in ISO 8601, with every digit; infinity, and a year before 1 or after 9999, as PostgreSQL writes it. */
const moment = (text: string): string =>
  text.replace(
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?$/,
    (_, date: string, time: string, zone?: string) => (zone === undefined ? `${date}T${time}` : `${date}T${time}Z`),
  )

const integer = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text)

/** PostgreSQL's digits; JSON has no NaN and no infinity. */
const float = (text: string): Cell => (Number.isFinite(Number(text)) ? { json: text } : text)

/** JSON as PostgreSQL writes it, on one line. A parser would round its numbers, and drop a repeated name. */
const json = (text: string): Cell => ({
  // Inside strings JSON has no control characters; outside they are white space.
  json: printable(text.replaceAll(/[\t\n\r]/g, " ")),
})

const toCell = (type: number, text: string): Cell => {
  switch (type) {
    case OID.bool:
      return text.startsWith("t")
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid:
      return integer(text)
    case OID.float4:
    case OID.float8:
      return float(text)
    case OID.timestamp:
    case OID.timestamptz:
      return moment(text)
    case OID.json:
    case OID.jsonb:
      return json(text)
    default: {
      const element = elements.get(type)
      return element === undefined ? text : { json: arrayJson(element, JSON.parse(text)) }
    }
  }
}

/** The JSON of an array, from a JSON array of its elements' texts. */
const arrayJson = (element: number, value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((inner) => arrayJson(element, inner)).join(",")}]`
  const cell = typeof value === "string" ? toCell(element, value) : null
  return cell !== null && typeof cell === "object" ? cell.json : toJson(cell)
}

/** How to fetch the columns of an answer, and how to read their texts. */
export const describeColumns = (fields: ReadonlyArray<{ readonly name: string; readonly dataTypeId: number }>) => {
  const long = fields.filter(({ dataTypeId }) => !short.has(dataTypeId))
  const longest = Math.min(maxCell, Math.floor(maxTexts / Math.max(long.length, 1)))
  const names = fields.map((_, index) => `c${index}`)
  // For varchar too: its limit is not known, and the first rows say nothing about the next ones.
  const longestRow = shortText * (1 + fields.length) + longest * long.length
  return {
    columns: fields.map(({ name, dataTypeId }): AnswerColumn => ({ name, isNumber: numbers.has(dataTypeId) })),
    longest,
    names,
    texts: fields.map(({ dataTypeId }, index) => textOf(names[index]!, dataTypeId, longest)),
    /** How many rows are fetched at once, so that they fit into memory whatever they hold. */
    rowsAtOnce: Math.max(1, Math.min(maxRows, Math.floor(maxFetched / longestRow))),
    /** A cell, and whether it is cut. */
    cell: (index: number, text: string | null): readonly [cell: Cell, isCut: boolean] => {
      if (text === null) return [null, false]
      if (text.length > longest) return [text.slice(0, longest).replace(/[\ud800-\udbff]$/, ""), true]
      return [toCell(fields[index]!.dataTypeId, text), false]
    },
  }
}
