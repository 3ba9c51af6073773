// What `etl inspect` prints of files of one layout.

import type { Inspection } from "../../csv/inspect/findings.ts"
import { plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { fieldTable } from "./inspection/fieldTable.ts"
import { formatCheck } from "./inspection/formatCheck.ts"
import { formatHints } from "./inspection/formatHints.ts"
import { formatProof } from "./inspection/formatProof.ts"
import { formatUnproved } from "./inspection/formatUnproved.ts"
import { hang } from "./wrap.ts"

/** Files and headers that are named. */
const mostFiles = 5
const mostHeaders = 20

const listed = (names: ReadonlyArray<string>, most: number, noun: string): string => {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [plural(more, `other ${noun}`)] : [])].join(", ")
}

const formatNotLoaded = ({ fields, notLoaded }: Inspection): ReadonlyArray<string> => {
  if (notLoaded.length === 0) return []
  const names = new Set(fields.flatMap(({ isUnnameable, name }) => (isUnnameable ? [] : name)))
  const first = notLoaded.find((name) => names.has(name))
  const one = first === undefined ? "" : `one by ${JSON.stringify(first)}: ${JSON.stringify(`extra.${first}`)}, `
  return [`Not loaded: ${listed(notLoaded, mostHeaders, "field")}. The mapping keeps ${one}all by "*": "extra".`]
}

/** `width`: of the terminal. `files`: their names. */
export const formatInspection = (
  files: ReadonlyArray<string>,
  inspection: Inspection,
  width: number,
): ReadonlyArray<string> => {
  const { check, fields } = inspection
  const wrapped = (lines: ReadonlyArray<string>, first = "  ") =>
    lines.flatMap((line) => hang(" ".repeat(first.length), printable(line), width, first))
  const unproved = formatUnproved(inspection)
  return [
    printable(listed(files, mostFiles, "file")),
    ...wrapped(formatProof(inspection)),
    "",
    ...fieldTable(fields, width - 2).map((line) => `  ${line}`),
    "",
    ...(unproved.length === 0 ? [] : ["  To decide:", ...wrapped(unproved, "  - ")]),
    ...(check === null ? [] : formatCheck(check, width)),
    ...wrapped(formatNotLoaded(inspection)),
    ...wrapped(formatHints(inspection)),
  ]
}
