// Rows of a file that are headers again: several files were joined.

import { columnsOf } from "../domain/ColumnMapping.ts"
import { isEmail } from "../domain/emailAddress.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { visibleName } from "./fitHeader.ts"
import type { Frame } from "./frame.ts"
import type { Header } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"
import { textOf } from "./Text.ts"

/**
 * What a row is that is no record: `same`, the header again; `other`, one with other names or in other fields, under
 * which the rows after it would be read wrongly.
 */
export type HeaderKind = "same" | "other"

/** Where no name has one, no row with an at sign is another header. */
const namesHaveAt = (mapping: Header["mapping"]): boolean => [...mapping.keys()].some((name) => name.includes("@"))

/** Undefined: the row is no header. */
export const makeHeaderKind = ({ extra, format, mapping, names, ownMapping, positions }: Header) => {
  const columns = columnsOf(ownMapping).map(([, { column }]) => positions[column])
  const expected = new Map(
    [...columns, ...extra.map(({ position }) => position)].map((index) => [index, visibleName(names[index]!)] as const),
  )
  const ofColumns = new Set(columnsOf(mapping).map(([name]) => visibleName(name)))
  const mapped = new Set([...mapping].flatMap(([name, { column }]) => (column === "extra" ? [] : visibleName(name))))
  const hasAt = namesHaveAt(mapping)
  const parse = makeFieldParser(format)

  return (row: Frame): HeaderKind | undefined => {
    // A header may have another number of fields.
    const [fields] = parse([{ ...row, problem: undefined }])
    if (fields === undefined || isProblem(fields)) return undefined
    const found = fields.map(visibleName)
    if ([...expected].every(([index, name]) => (found[index] ?? "") === name)) return "same"
    if (isEmail(fields[positions.email] ?? "") || (!hasAt && fields.some((field) => field.includes("@"))))
      return undefined
    const countOf = (known: ReadonlySet<string>): number => new Set(found.filter((name) => known.has(name))).size
    return countOf(mapped) >= 2 || countOf(ofColumns) >= Math.min(2, columns.length) ? "other" : undefined
  }
}

/** `isGiven`: the file was read without a header of its own. */
export const otherHeaderError = ({ line }: Pick<Frame, "line">, isGiven: boolean): HeaderError => {
  if (isGiven) {
    const problem = `Line ${line} is a header, and the names of the fields are given. Read the file with its own header`
    return headerError("otherHeader", `${problem}, or remove that line.`)
  }
  const problem = `Line ${line} is another header, with other columns or in another order: the rows after it are another file's.`
  return headerError("otherHeader", `${problem} Split the file there.`)
}

const at = 0x40

/** Finds a header with other columns without decoding all rows: most have an e-mail. */
export const makeFindOtherHeader = (header: Header) => {
  const kindOf = makeHeaderKind(header)
  const { isLead, width } = textOf(header.format.encoding)
  // In other encodings the byte may be part of another character.
  const showsRecord = width === 1 && !isLead(0x81) && !namesHaveAt(header.mapping)
  return (frames: ReadonlyArray<Frame>): Frame | undefined =>
    frames.find((frame) => {
      const { bytes, end, start } = frame
      return !(showsRecord && bytes.subarray(start, end).includes(at)) && kindOf(frame) === "other"
    })
}
