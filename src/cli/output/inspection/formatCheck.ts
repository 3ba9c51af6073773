// What a load would do with the records of an inspected file.

import type { SampleCheck, ValueProblem } from "../../../csv/inspect/Inspection.ts"
import { formatNumber, plural } from "../../../text/format.ts"

/** Reasons that are listed. */
const mostProblems = 20

/** Such as `email is missing (lines 108, 235)`. */
export const describeProblem = ({ column, count, lines, message, value }: ValueProblem): string => {
  const what = column === null ? message : `${column} ${message}`
  const where = `${lines.length === 1 ? "line" : "lines"} ${lines.map(formatNumber).join(", ")}${count > lines.length ? ", ..." : ""}`
  return `${what} (${where}${value === null ? "" : `: "${value}"`})`
}

const list = (problems: ReadonlyArray<ValueProblem>): ReadonlyArray<string> => {
  const shown = problems.slice(0, mostProblems)
  const width = Math.max(...shown.map(({ count }) => formatNumber(count).length))
  const more = problems.length - shown.length
  return [
    ...shown.map((problem) => `  ${formatNumber(problem.count).padStart(width)}  ${describeProblem(problem)}`),
    ...(more > 0 ? [`  and ${plural(more, "other reason")}`] : []),
  ]
}

/** A line where all can be loaded; else what cannot, and why. */
export const formatCheck = ({
  blanked,
  otherHeader,
  records,
  rejected,
  rejects,
}: SampleCheck): ReadonlyArray<string> => [
  ...(otherHeader === null ? [] : [`A load would fail: ${otherHeader}`]),
  ...(rejected === 0
    ? records === 0
      ? []
      : ["None of these records would be rejected."]
    : [`${formatNumber(rejected)} of ${plural(records, "record")} would be rejected:`, ...list(rejects)]),
  ...(blanked.length === 0 ? [] : ["Values that would be null:", ...list(blanked)]),
]
