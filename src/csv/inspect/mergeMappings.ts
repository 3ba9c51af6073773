// One mapping for files of several layouts.

import { visibleName } from "../fitHeader.ts"
import type { ColumnEntry, Inspection, MappingObject } from "./findings.ts"

const targetOf = (entry: ColumnEntry): string => (typeof entry === "string" ? entry : entry.column)

const targetsOf = ({ mapping }: Inspection): string =>
  JSON.stringify(Object.values(mapping.object.columns).map(targetOf).toSorted())

/** Whether the file has a header of the merged mapping that its own leaves out. */
const isChangedBy = ({ fields, mapping }: Inspection, merged: MappingObject): boolean => {
  const own = new Set(Object.keys(mapping.object.columns).map(visibleName))
  const names = new Set(fields.map(({ name }) => visibleName(name)))
  return Object.keys(merged.columns)
    .map(visibleName)
    .some((name) => names.has(name) && !own.has(name))
}

/**
 * The mapping that reads the files of each layout as their own does: where they have other headers for the same columns.
 * Undefined: there is none.
 */
export const mergeMappings = (inspections: ReadonlyArray<Inspection>): MappingObject | undefined => {
  const [first, ...others] = inspections
  if (first === undefined) return undefined
  const columns: Record<string, ColumnEntry> = Object.create(null)
  for (const { mapping } of inspections) {
    for (const [header, entry] of Object.entries(mapping.object.columns)) {
      const other = columns[header]
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(entry)) return undefined
      columns[header] = entry
    }
  }
  const { format } = first.mapping.object
  const merged: MappingObject = { ...(format && { format }), columns }
  const isSame = (other: Inspection): boolean =>
    targetsOf(other) === targetsOf(first) && JSON.stringify(other.mapping.object.format) === JSON.stringify(format)
  return others.every(isSame) && !inspections.some((inspection) => isChangedBy(inspection, merged)) ? merged : undefined
}
