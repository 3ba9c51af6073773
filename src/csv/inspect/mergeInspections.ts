// Joins the inspections of files of one layout: counts are added, and what one file proves holds for all.

import type { DayOrder, DayReading, Field, Inspection, Kind, SampleCheck, ValueProblem, WordCount } from "./findings.ts"
import { mostForms } from "./kindOf.ts"
import { withFormat } from "./mappingObject.ts"
import { columnEntries, proposedColumns, provedMapping } from "./proposedMapping.ts"

/** Joins entries of the same key, in the order in which they come. */
const joined = <A>(lists: ReadonlyArray<A>, keyOf: (entry: A) => string, join: (left: A, right: A) => A) =>
  [...Map.groupBy(lists, keyOf).values()].map(([first, ...others]) => others.reduce(join, first!))

const byCount = (left: { readonly count: number }, right: { readonly count: number }) => right.count - left.count

/** The first one, of as many as both have. */
const withCount = <A extends { readonly count: number }>(left: A, right: A): A => ({
  ...left,
  count: left.count + right.count,
})

const mergeWords = (left: ReadonlyArray<WordCount>, right: ReadonlyArray<WordCount>): ReadonlyArray<WordCount> =>
  joined([...left, ...right], ({ word }) => word.toLowerCase(), withCount).toSorted(byCount)

const mergeOrders = (left: DayOrder | null, right: DayOrder | null): DayOrder | null => {
  if (left === null || right === null) return left ?? right
  const merge = (order: keyof DayOrder) => {
    const [first, second] = [left[order], right[order]]
    return first === null || second === null ? (first ?? second) : withCount(first, second)
  }
  return { dayFirst: merge("dayFirst"), monthFirst: merge("monthFirst"), either: merge("either") }
}

const formatsOf = (reading: DayReading): ReadonlyArray<string> =>
  reading._tag === "proved" ? [reading.format] : reading._tag === "choices" ? reading.formats : []

const mergeReadings = (left: DayReading, right: DayReading): DayReading => {
  const [formats, others] = [formatsOf(left), formatsOf(right)]
  // Formats read the usual forms too.
  if (others.length === 0) return formats.length === 0 && left._tag === "none" ? right : left
  if (formats.length === 0) return right
  const both = formats.filter((format) => others.includes(format))
  const isProved = left._tag === "proved" || right._tag === "proved"
  if (both.length === 1 && isProved) return { _tag: "proved", format: both[0]! }
  return { _tag: "choices", formats: both.length > 0 ? both : [...formats, ...others] }
}

const mergeKinds = (left: Kind, right: Kind): Kind => {
  if (left._tag === "empty" || right._tag === "empty") return left._tag === "empty" ? right : left
  if (left._tag === "days" && right._tag === "days") {
    const forms = joined([...left.forms, ...right.forms], ({ form }) => form, withCount)
    return {
      _tag: "days",
      forms: forms.toSorted(byCount).slice(0, mostForms),
      order: mergeOrders(left.order, right.order),
      reading: mergeReadings(left.reading, right.reading),
    }
  }
  if (left._tag === "booleans" && right._tag === "booleans")
    return { _tag: "booleans", words: mergeWords(left.words, right.words) }
  if (left._tag === "addresses" && right._tag === "addresses") {
    const { v4, v6, withPort } = right
    return { _tag: "addresses", v4: left.v4 + v4, v6: left.v6 + v6, withPort: left.withPort + withPort }
  }
  if ("count" in left && "count" in right && left._tag === right._tag) return withCount(left, right)
  return { _tag: "text" }
}

const mostValues = 3

const mergeFields = (left: Field, right: Field): Field => ({
  ...left,
  filled: left.filled + right.filled,
  values: [...new Set([...left.values, ...right.values])].slice(0, mostValues),
  kind: mergeKinds(left.kind, right.kind),
  lookedAt: left.lookedAt + right.lookedAt,
  nullWords: mergeWords(left.nullWords, right.nullWords),
  longest: Math.max(left.longest, right.longest),
})

const mergeProblems = (
  left: ReadonlyArray<ValueProblem>,
  right: ReadonlyArray<ValueProblem>,
): ReadonlyArray<ValueProblem> =>
  joined(
    [...left, ...right],
    ({ column, message }) => JSON.stringify([column, message]),
    (left, right) => {
      const values = mergeWords(left.values, right.values).slice(0, mostValues)
      return { ...withCount(left, right), values }
    },
  ).toSorted(byCount)

export const mergeChecks = (left: SampleCheck | null, right: SampleCheck | null): SampleCheck | null =>
  left === null || right === null
    ? (left ?? right)
    : {
        records: left.records + right.records,
        rejected: left.rejected + right.rejected,
        rejects: mergeProblems(left.rejects, right.rejects),
        blanked: mergeProblems(left.blanked, right.blanked),
        otherHeader: left.otherHeader ?? right.otherHeader,
      }

const merge = (left: Inspection, right: Inspection): Inspection => ({
  ...left,
  isWhole: left.isWhole && right.isWhole,
  records: left.records + right.records,
  fields: left.fields.map((field, index) => mergeFields(field, right.fields[index]!)),
  check: mergeChecks(left.check, right.check),
})

/** What makes files of one layout: header, format and columns, but for how the values of columns are read. */
export const layoutOf = ({ evidence, fields, format, mapping, unproved }: Inspection): string =>
  JSON.stringify([
    fields.map(({ name, proposal }) => [name, proposal]),
    [format.delimiter, format.encoding, format.lineEnd === "CR", evidence.encoding === null],
    [unproved.escape !== null, unproved.noHeader, unproved.header.map(({ names }) => names)],
    mapping.object.format,
  ])

/**
 * Of files of one layout. A date format that one file proves, and no other contradicts, is proposed for all. Lines and
 * values are of the first file that has them, as are `evidence` and `unproved`.
 */
export const mergeInspections = (inspections: readonly [Inspection, ...ReadonlyArray<Inspection>]): Inspection => {
  const [first, ...others] = inspections
  const merged = others.reduce(merge, first)
  if (others.length === 0 || first.fields.some(({ proposal }) => "why" in proposal && proposal.why === "mapping"))
    return merged
  const columns = proposedColumns(merged.fields)
  const { format = {} } = first.mapping.object
  return {
    ...merged,
    mapping: { object: withFormat(format, columnEntries(columns)), proved: provedMapping(columns) },
  }
}
