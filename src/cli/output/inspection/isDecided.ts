// Whether a proposed mapping can be used as it is.

import type { ColumnEntry, Inspection, MappingObject } from "../../../csv/inspect/findings.ts"
import { isProved } from "../../../csv/inspect/proposedMapping.ts"
import { placeholder } from "../../../domain/mappingSchema.ts"

const isEntryDecided = (entry: ColumnEntry): boolean => typeof entry === "string" || isProved(entry)

/** Whether it has no `?` in place of what a person must decide. */
export const isDecided = ({ columns, format = {} }: MappingObject): boolean =>
  Object.values(columns).every(isEntryDecided) && !Object.values(format).includes(placeholder)

/** Whether it maps a header to the key, or leaves a person the choice between some. */
export const hasEmail = ({ columns }: MappingObject): boolean =>
  Object.values(columns).some((entry) => {
    if (typeof entry === "string") return entry === "email"
    return entry.column === "email" || (entry.column === placeholder && entry.choices?.includes("email") === true)
  })

/** Whether flags must say more before a mapping can be made. */
export const needsFlags = ({ unproved }: Inspection): boolean => unproved.header.length > 1
