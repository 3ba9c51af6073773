// What a load would do with the records of an inspected file.

import type { SampleCheck, ValueProblem } from "../../../csv/inspect/findings.ts"
import { formatNumber, plural } from "../../../text/format.ts"
import { printable } from "../../../text/printable.ts"
import { hang } from "../wrap.ts"

/** Reasons that are listed. */
const mostProblems = 20

/** Such as `email is missing (lines 108, 235)`. */
export const describeProblem = ({ column, count, lines, message, value }: ValueProblem): string => {
  const what = column === null ? message : `${column} ${message}`
  const where = `${lines.length === 1 ? "line" : "lines"} ${lines.map(formatNumber).join(", ")}${count > lines.length ? ", ..." : ""}`
  return `${what} (${where}${value === null ? "" : `: "${value}"`})`
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
