// How an inspected file is read, and what proves it.

import type { Evidence, Field, Inspection, ValueAt } from "../../../csv/inspect/findings.ts"
import { describeFormat } from "../../../domain/Format.ts"
import { formatNumber, plural } from "../../../text/format.ts"

const ofEncoding: Readonly<Record<NonNullable<Evidence["encoding"]>, string | undefined>> = {
  byteOrderMark: "a byte order mark",
  given: "the encoding is given",
  utf8: "every byte is UTF-8",
  ascii: undefined,
}

const ofDelimiter: Readonly<Record<NonNullable<Evidence["delimiter"]>, string | undefined>> = {
  given: "the delimiter is given",
  sepLine: "a line sep=",
  header: undefined,
}

const ofHeader = ({ emails, header }: Evidence, line: number): string | undefined => {
  const [first] = emails
  switch (header) {
    case "given":
      return "the header is given"
    case "mapping":
      return `line ${formatNumber(line)} has all headers of the mapping`
    case "names":
      return `line ${formatNumber(line)} has the name of an e-mail, and too few of the next records have one`
    case "emails":
      return first && `"${first.name}" has e-mails in ${first.records} of the next ${plural(first.of, "record")}`
    case null:
      return undefined
  }
}

const shownSkipped = ({ count, first }: Evidence["skipped"]): string => {
  const lines = first.map(({ value }: ValueAt) => `"${value}"`)
  const more = count > first.length ? ", ..." : ""
  return `skips ${plural(count, "line")} before the header: ${lines.join(", ")}${more}`
}

/** What shows the order of the days that a mapping names. */
const proofOfDays = ({ kind, name, proposal }: Field): ReadonlyArray<string> => {
  if (proposal._tag !== "mapped" || kind._tag !== "days" || kind.order === null) return []
  const { dayFirst, monthFirst } = kind.order
  const shows = kind.reading._tag === "choices" ? null : (dayFirst ?? monthFirst)
  if (shows === null) return []
  const order = shows === dayFirst ? "days before months" : "months before days"
  return [`"${name}" has ${order}: "${shows.first.value}" on line ${formatNumber(shows.first.line)}`]
}

const plain = "commas, UTF-8, header on line 1"

/** The format, without an encoding that nothing proves. */
const described = ({ format, unproved }: Inspection): string => {
  const isOpen = unproved.encoding.length > 0
  const known = describeFormat(isOpen ? { ...format, encoding: "utf-8" } : format) ?? plain
  return isOpen ? `${known}, an encoding to decide` : known
}

/** The lines about the format and the number of records. */
export const formatProof = (inspection: Inspection): ReadonlyArray<string> => {
  const { check, evidence, fields, format, isWhole } = inspection
  // A check counts malformed ones too.
  const records = Math.max(inspection.records, check?.records ?? 0)
  const proof = [
    evidence.encoding === null ? undefined : ofEncoding[evidence.encoding],
    evidence.delimiter === null ? undefined : ofDelimiter[evidence.delimiter],
    ofHeader(evidence, format.headerLine),
  ].filter((part) => part !== undefined)
  return [
    `format: ${described(inspection)}`,
    ...(proof.length === 0 ? [] : [`proof: ${proof.join(", ")}`]),
    ...fields.flatMap(proofOfDays),
    ...(evidence.skipped.count === 0 ? [] : [shownSkipped(evidence.skipped)]),
    isWhole ? plural(records, "record") : `${plural(records, "record")} in its beginning, which is what was read`,
  ]
}
