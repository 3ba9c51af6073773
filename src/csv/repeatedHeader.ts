// Rows of a file that are headers again: several files were joined.

import { isEmail } from "../domain/emailAddress.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { visibleName } from "./fitHeader.ts"
import type { Frame } from "./frame.ts"
import type { Header } from "./header.ts"
import { type HeaderError, headerError } from "./HeaderError.ts"

/**
 * What a row is that is no record: `same`, the header again; `other`, one with names in other fields, under which the
 * rows after it would be read wrongly.
 */
export type HeaderKind = "same" | "other"

/** Undefined: the row is no header. */
export const makeHeaderKind = ({ format, mapping, positions }: Header) => {
  const expected = new Map([...mapping].map(([name, column]) => [positions[column], visibleName(name)] as const))
  const names = new Set(expected.values())
  const parse = makeFieldParser(format)

  return (row: Frame): HeaderKind | undefined => {
    // A header may have another number of fields.
    const [fields] = parse([{ ...row, problem: undefined }])
    if (fields === undefined || isProblem(fields)) return undefined
    const found = fields.map(visibleName)
    if ([...expected].every(([position, name]) => found[position] === name)) return "same"
    if (isEmail(fields[positions.email] ?? "")) return undefined
    const misplaced = new Set(found.filter((name, position) => names.has(name) && expected.get(position) !== name))
    return misplaced.size >= Math.min(2, names.size) ? "other" : undefined
  }
}

export const otherHeaderError = ({ line }: Pick<Frame, "line">): HeaderError => {
  const problem = `Line ${line} is another header, with columns in another order: the rows after it are another file's.`
  return headerError("otherHeader", `${problem} Split the file there.`)
}

const at = 0x40

/** Finds a header with other columns without decoding all rows: most have an e-mail. */
export const makeFindOtherHeader = (header: Header) => {
  const kindOf = makeHeaderKind(header)
  const mayHaveAt = [...header.mapping.keys()].some((name) => name.includes("@"))
  return (frames: ReadonlyArray<Frame>): Frame | undefined =>
    frames.find((frame) => {
      const { bytes, end, start } = frame
      const isCandidate = mayHaveAt || !bytes.subarray(start, end).includes(at)
      return isCandidate && kindOf(frame) === "other"
    })
}
