// The fields of an inspected file, a line each.

import type { Field, Proposal } from "../../../csv/inspect/findings.ts"
import { formatNumber, plural } from "../../../text/format.ts"
import { printable } from "../../../text/printable.ts"
import { type FittedColumn, fitTable } from "../table.ts"
import { describeKind } from "./describeKind.ts"

const describeProposal = (proposal: Proposal): string => {
  switch (proposal._tag) {
    case "mapped":
      return proposal.target
    case "candidates":
      return `${proposal.columns.join(" or ")}?`
    case "none":
      return "-"
  }
}

const columns: ReadonlyArray<FittedColumn> = [
  { name: "header", isRight: false, least: 12 },
  { name: "column", isRight: false, least: 12 },
  { name: "filled", isRight: true, leaveOut: 2 },
  { name: "what it has", isRight: false, least: 30, keepsBeginning: true },
  { name: "such as", isRight: false, leaveOut: 1, least: 16, keepsBeginning: true },
]

/** The width from which all values of a field are shown; in a narrower terminal one is. */
const wide = 100

const rowOf = (field: Field, values: number): ReadonlyArray<string> =>
  [
    field.name,
    describeProposal(field.proposal),
    formatNumber(field.filled),
    describeKind(field),
    field.values.slice(0, values).join(" | "),
  ].map(printable)

/** Fields that nothing maps, of which a line is printed. */
const mostOthers = 200

/** In at most `width` columns of a terminal if the names allow it. */
export const fieldTable = (fields: ReadonlyArray<Field>, width: number): ReadonlyArray<string> => {
  const others = fields.filter(({ proposal }) => proposal._tag === "none")
  const left = new Set(others.slice(mostOthers))
  const shown = fields.filter((field) => !left.has(field))
  return [
    ...fitTable(
      columns,
      shown.map((field) => rowOf(field, width < wide ? 1 : field.values.length)),
      width,
    ),
    ...(left.size === 0 ? [] : [`and ${plural(left.size, "other field")}: --json lists all`]),
  ]
}
