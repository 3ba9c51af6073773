// What an inspected file does not prove: choices for a person, each with what shows it.

import type { ColumnEntry, DayOrder, Field, Inspection, OrderEvidence } from "../../../csv/inspect/findings.ts"
import { formatNumber, plural } from "../../../text/format.ts"
import { placeholder } from "../../../domain/mappingSchema.ts"
import { hasEmail, needsFlags } from "./isDecided.ts"

const ofEncoding = ({ unproved: { encoding, encodingAt } }: Inspection): ReadonlyArray<string> => {
  if (encoding.length === 0) return []
  const names = encoding.map(({ encoding, value }) => (value === null ? encoding : `"${value}" in ${encoding}`))
  const where = encodingAt === null ? "It may be" : `${encodingAt.name} on line ${formatNumber(encodingAt.line)} is`
  return [`The file is not UTF-8. ${where} ${names.join(", ")}. Name the right encoding with --encoding.`]
}

const ofEscape = ({ unproved: { escape } }: Inspection): ReadonlyArray<string> => {
  if (escape === null) return []
  const lines = plural(escape.records, "line")
  return [
    `Backslashes may be escapes: without, ${lines} cannot be read, first line ${formatNumber(escape.line)}. Give --escape backslash, or --escape doubled.`,
  ]
}

const ofHeader = ({ unproved: { header } }: Inspection): ReadonlyArray<string> => {
  if (header.length < 2) return []
  const choices = header.map(
    ({ delimiter, line, names }) =>
      `line ${formatNumber(line)} under ${JSON.stringify(delimiter)} (${names.join(", ")})`,
  )
  return [`The header may be ${choices.join(" or ")}. Choose with --skip-lines and --delimiter.`]
}

const shownOrder = (orders: ReadonlyArray<OrderEvidence | null>): string =>
  orders
    .flatMap((order) => (order === null ? [] : `"${order.first.value}" on line ${formatNumber(order.first.line)}`))
    .join(", ")

const evidenceOf = ({ dayFirst, either, monthFirst }: DayOrder): string => {
  if (dayFirst !== null && monthFirst !== null)
    return `some show days first, some months: ${shownOrder([dayFirst, monthFirst])}`
  return `nothing shows which: ${shownOrder([either])}`
}

const ofDays = ({ kind, name }: Field): ReadonlyArray<string> => {
  if (kind._tag !== "days" || kind.reading._tag !== "choices") return []
  const why = kind.order === null ? "" : ` (${evidenceOf(kind.order)})`
  return [`"${name}" has days that could be ${kind.reading.formats.join(" or ")}${why}.`]
}

const ofWords = ([name, entry]: readonly [string, ColumnEntry]): ReadonlyArray<string> =>
  typeof entry === "object" && entry.true?.includes(placeholder) === true
    ? [`"${name}" has words of which nothing shows which is true.`]
    : []

/** The columns that nothing but a person can give to a field, each with the fields that may fill it. */
const ofRivals = ({ mapping }: Inspection): ReadonlyArray<string> => {
  const rivals = new Map<string, Array<string>>()
  for (const [name, entry] of Object.entries(mapping.object.columns)) {
    if (typeof entry === "string" || entry.column !== placeholder) continue
    for (const column of entry.choices ?? []) rivals.set(column, [...(rivals.get(column) ?? []), `"${name}"`])
  }
  return Array.from(rivals, ([column, names]) => `${column} could be ${names.join(" or ")}.`)
}

/** Why no header is the key, of which nothing is loaded without. */
const ofKey = (inspection: Inspection): ReadonlyArray<string> => {
  // Of a linked file no header is shown.
  if (inspection.isLinked || hasEmail(inspection.mapping.object) || needsFlags(inspection)) return []
  const unnamed = inspection.fields.find(({ isUnnameable, kind }) => isUnnameable && kind._tag === "emails")
  return [
    unnamed === undefined
      ? "No header is that of the e-mails, the key of the users. Say with --delimiter, --skip-lines and --header where they are, or write the mapping by hand."
      : `"${unnamed.name}" has e-mails, and no mapping can name it: its header is empty, *, or there twice. Name all fields with --header, and skip the header with --skip-lines.`,
  ]
}

/** A line for each thing that a person must decide before the file can be loaded. */
export const formatUnproved = (inspection: Inspection): ReadonlyArray<string> => {
  const { fields, mapping } = inspection
  const mapped = fields.filter(({ proposal }) => proposal._tag === "mapped")
  return [
    ...ofHeader(inspection),
    ...ofKey(inspection),
    ...ofEncoding(inspection),
    ...ofEscape(inspection),
    ...ofRivals(inspection),
    ...mapped.flatMap(ofDays),
    ...Object.entries(mapping.object.columns).flatMap(ofWords),
  ]
}
