// A mapping as the text of its file: a line for each header.

import { Predicate } from "effect"
import type { MappingObject } from "../../../csv/inspect/findings.ts"
import { toJson } from "../../../text/printable.ts"

/** JSON on one line, with blanks between its parts. */
const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`
  if (!Predicate.isObject(value)) return toJson(value)
  const members = Object.entries(value).map(([key, member]) => `${toJson(key)}: ${onOneLine(member)}`)
  return `{ ${members.join(", ")} }`
}

export const formatMapping = ({ columns, format }: MappingObject): string => {
  const headers = Object.entries(columns).map(([header, entry]) => `    ${toJson(header)}: ${onOneLine(entry)}`)
  const ofFormat = format === undefined ? [] : [`  "format": ${onOneLine(format)},`]
  return ["{", ...ofFormat, '  "columns": {', headers.join(",\n"), "  }", "}", ""].join("\n")
}
