// What a load would do with the records of an inspected file.

import type { SampleCheck, ValueProblem } from "../../../csv/inspect/findings.ts"
import { formatNumber, plural } from "../../../text/format.ts"
import { printable } from "../../../text/printable.ts"
import { hang } from "../wrap.ts"

/** Reasons that are listed. */
const mostProblems = 20

/** Such as `"Sorti" 7, "En attente" 6, ...`: one value where all are different. */
const listValues = ({ count, values }: ValueProblem): string => {
  const repeated = values.filter(({ count }) => count > 1)
  const shown = (repeated.length > 0 ? repeated : values.slice(0, 1)).map((value) =>
    value.count === count
      ? `"${value.word}"`
      : `"${value.word}"${value.count > 1 ? ` ${formatNumber(value.count)}` : ""}`,
  )
  const hasOthers = shown.length < values.length || values.reduce((sum, { count }) => sum + count, 0) < count
  return [...shown, ...(hasOthers ? ["..."] : [])].join(", ")
}

/** Such as `email is missing (lines 108, 235)`. */
export const describeProblem = (problem: ValueProblem): string => {
  const { column, count, lines, message, values } = problem
  const what = column === null ? message : `${column} ${message}`
  const where = `${lines.length === 1 ? "line" : "lines"} ${lines.map(formatNumber).join(", ")}${count > lines.length ? ", ..." : ""}`
  return `${what} (${where}${values.length === 0 ? "" : `: ${listValues(problem)}`})`
}

const list = (problems: ReadonlyArray<ValueProblem>, width: number): ReadonlyArray<string> => {
  const shown = problems.slice(0, mostProblems)
  const counts = shown.map(({ count }) => formatNumber(count))
  const longest = Math.max(...counts.map(({ length }) => length))
  const more = problems.length - shown.length
  return [
    ...shown.flatMap((problem, index) => {
      const first = `    ${counts[index]!.padStart(longest)}  `
      return hang(" ".repeat(first.length), printable(describeProblem(problem)), width, first)
    }),
    ...(more > 0 ? [`    and ${plural(more, "other reason")}`] : []),
  ]
}

/** A line where all can be loaded; else what cannot, and why. `width`: of the terminal. */
export const formatCheck = (
  { blanked, otherHeader, records, rejected, rejects }: SampleCheck,
  width: number,
): ReadonlyArray<string> => [
  ...(otherHeader === null ? [] : hang("  ", `A load would fail: ${printable(otherHeader)}`, width)),
  ...(rejected === 0
    ? records === 0
      ? []
      : ["  None of these records would be rejected."]
    : [`  ${formatNumber(rejected)} of ${plural(records, "record")} would be rejected:`, ...list(rejects, width)]),
  ...(blanked.length === 0 ? [] : ["  Values that would be null:", ...list(blanked, width)]),
]
