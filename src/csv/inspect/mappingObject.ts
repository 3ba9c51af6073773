// A mapping as its file has it, with what is said of the format.

import { placeholder } from "../../domain/mappingSchema.ts"
import type { HeaderOptions } from "../header.ts"
import type { MappingObject, Unproved } from "./findings.ts"

type FormatObject = NonNullable<MappingObject["format"]>

/** What was given of the format. */
export const givenIn = (format: HeaderOptions["format"]): FormatObject =>
  Object.fromEntries(Object.entries(format).filter(([, value]) => value !== undefined))

/** Without a format of which nothing is said. */
export const withFormat = (format: FormatObject, columns: MappingObject["columns"]): MappingObject =>
  Object.keys(format).length === 0 ? { columns } : { format, columns }

/** What must be said of the format, as a mapping file says it. */
export const unprovedFormat = ({ encoding, escape }: Unproved): FormatObject => {
  const choices: ReadonlyArray<readonly [key: string, names: ReadonlyArray<string>]> = [
    ...(encoding.length > 0 ? [["encoding", encoding.map(({ encoding }) => encoding)] as const] : []),
    ...(escape === null ? [] : [["escape", ["backslash", "doubled"]] as const]),
  ]
  if (choices.length === 0) return {}
  return { ...Object.fromEntries(choices.map(([key]) => [key, placeholder])), choices: Object.fromEntries(choices) }
}
