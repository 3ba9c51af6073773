// What is left to a person without a need to decide: the mapping loads the file as it is.

import { meaningOf } from "../../../csv/inspect/kindOf.ts"
import type { Field, Inspection } from "../../../csv/inspect/findings.ts"
import { claimOf } from "../../../domain/columnNames.ts"
import { formatNumber, plural } from "../../../text/format.ts"

/** Words that are named. */
const mostWords = 6

const whereNoHeader = (line: number): string =>
  line === 1
    ? "The first line is a record"
    : `Line ${formatNumber(line)} is a record, and no line before it is a header of as many fields`

const ofNames = ({ format, isLinked, unproved }: Inspection): ReadonlyArray<string> =>
  unproved.noHeader && !isLinked
    ? [
        `${whereNoHeader(format.headerLine)}: the mapping names the fields column 1, column 2, ... --header gives better names.`,
      ]
    : []

const ofDays = ({ kind, name, proposal }: Field): ReadonlyArray<string> =>
  kind._tag === "days" && proposal._tag === "candidates" && proposal.why === "values"
    ? [`"${name}" could be ${proposal.columns.join(" or ")}: its values are days, and its name does not say which.`]
    : []

const becauseOfValues: Readonly<Record<string, string>> = {
  email: "each different one becomes a row of users",
  ip_address: "a load looks up their places",
}

/** A column that no name proposes: a person may know better. */
const ofValues = ({ name, proposal }: Field): ReadonlyArray<string> => {
  if (proposal._tag !== "mapped" || proposal.why !== "values") return []
  const why = becauseOfValues[proposal.target]
  return why === undefined ? [] : [`"${name}" is taken for ${proposal.target} by its values alone: ${why}.`]
}

const isOfStatus = ({ proposal }: Field): boolean => proposal._tag === "mapped" && proposal.target === "status"

/** Words that a load rejects, unless the mapping says what they are. */
const ofWords = (field: Field): ReadonlyArray<string> => {
  const { kind, name } = field
  if (kind._tag !== "booleans" || !isOfStatus(field)) return []
  const unknown = kind.words.filter(({ word }) => meaningOf(word) === undefined)
  if (unknown.length === 0 || unknown.length === kind.words.length) return []
  const named = unknown.slice(0, mostWords).map(({ count, word }) => `"${word}" ${formatNumber(count)}`)
  const others = unknown.length - named.length
  const all = [...named, ...(others > 0 ? [plural(others, "other word")] : [])].join(", ")
  return [`"${name}" has unknown words: ${all}. Name them in the mapping under "true", "false" or "null".`]
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

export const formatHints = (inspection: Inspection): ReadonlyArray<string> => [
  ...(inspection.isLinked
    ? ["A link leads to this file: its text is not shown. Name the file itself with --source."]
    : []),
  ...ofNames(inspection),
  ...inspection.fields.flatMap((field) => [...ofValues(field), ...ofDays(field), ...ofWords(field)]),
  ...ofMisfits(inspection),
]
