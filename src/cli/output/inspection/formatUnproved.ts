// What an inspected file does not prove: choices for a person, each with what shows it.

import type { ColumnEntry, DayOrder, Field, Inspection, OrderEvidence } from "../../../csv/inspect/Inspection.ts"
import { claimOf } from "../../../domain/columnNames.ts"
import { formatNumber, plural } from "../../../text/format.ts"
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

const whereNoHeader = (line: number): string =>
  line === 1
    ? "The first line is a record, not a header."
    : `Line ${formatNumber(line)} is a record, and no line before it is a header of as many fields.`

const ofHeader = ({ format, unproved: { header, noHeader } }: Inspection): ReadonlyArray<string> => [
  ...(noHeader
    ? [`${whereNoHeader(format.headerLine)} Name the fields with --header, such as --header id,mail,name.`]
    : []),
  ...(header.length > 1
    ? [
        "The header may be one of these. Choose with --skip-lines and --delimiter:",
        ...header.map(
          ({ delimiter, line, names }) =>
            `  line ${formatNumber(line)} under ${JSON.stringify(delimiter)}: ${names.join(", ")}`,
        ),
      ]
    : []),
]

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
  typeof entry === "object" && entry.true?.includes("?") === true
    ? [`"${name}" has words of which nothing shows which is true.`]
    : []

/** The columns that nothing but a person can give to a field, each with the fields that may fill it. */
const ofRivals = ({ mapping }: Inspection): ReadonlyArray<string> => {
  const rivals = new Map<string, Array<string>>()
  for (const [name, entry] of Object.entries(mapping.object.columns)) {
    if (typeof entry === "string" || entry.column !== "?") continue
    for (const column of entry.choices ?? []) rivals.set(column, [...(rivals.get(column) ?? []), `"${name}"`])
  }
  return Array.from(rivals, ([column, names]) =>
    names.length === 1
      ? `${names[0]} could be ${column}: only its values show it.`
      : `${column} could be ${names.join(" or ")}.`,
  )
}

/** Why no header is the key, of which nothing is loaded without. */
const ofKey = (inspection: Inspection): ReadonlyArray<string> => {
  if (hasEmail(inspection.mapping.object) || needsFlags(inspection)) return []
  const unnamed = inspection.fields.find(({ isUnnameable, kind }) => isUnnameable && kind._tag === "emails")
  return [
    unnamed === undefined
      ? "No header is that of the e-mails, the key of the users. Say with --delimiter, --skip-lines and --header where they are, or write the mapping by hand."
      : `"${unnamed.name}" has e-mails, and no mapping can name it: its header is empty, *, or there twice. Name all fields with --header, and skip the header with --skip-lines.`,
  ]
}

const targetsOf = ({ proposal }: Field): ReadonlyArray<string> => {
  if (proposal._tag === "none") return []
  return proposal._tag === "mapped" ? [proposal.target] : proposal.columns
}

/** Fields that have the name of a column which no field fills, and other values. A given mapping says what it means. */
const ofMisfits = ({ fields }: Inspection): ReadonlyArray<string> => {
  if (fields.some(({ proposal }) => proposal._tag === "mapped" && proposal.why === "mapping")) return []
  const taken = new Set(fields.flatMap(targetsOf))
  return fields.flatMap(({ isUnnameable, kind, name, proposal }) => {
    const column = claimOf(name)?.column
    if (column === undefined || taken.has(column)) return []
    if (isUnnameable || proposal._tag !== "none" || kind._tag === "empty") return []
    return [`"${name}" has the name of ${column}, but most of its values cannot be read as that. It is not mapped.`]
  })
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
    ...ofMisfits(inspection),
    ...mapped.flatMap(ofDays),
    ...Object.entries(mapping.object.columns).flatMap(ofWords),
  ]
}
