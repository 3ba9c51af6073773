// Whether a file was loaded with the same column mapping, and the errors where it was another one.

import { plural } from "../text/format.ts"
import { type ColumnMapping, ColumnMappingError, toObject } from "./ColumnMapping.ts"

/** A text that is the same for equivalent mappings. It is kept with a load, which resumes only with an equal one. */
export const signature = (mapping: ColumnMapping): string =>
  JSON.stringify(
    Object.entries(toObject(mapping)).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
  )

/** The error where an earlier attempt started these files with another column mapping. */
export const unfinishedByOther = (files: ReadonlyArray<string>): ColumnMappingError => {
  const more = files.length > 3 ? ` and ${plural(files.length - 3, "more file")}` : ""
  return new ColumnMappingError({
    reason: "unfinished",
    problems: [],
    files,
    message: `${files.slice(0, 3).join(", ")}${more} started loading with another column mapping. Restore that mapping, or start over.`,
  })
}

/** What to report where these files were loaded with another column mapping: they stay as they are. */
export const loadedByOther = (files: ReadonlyArray<string>): ColumnMappingError =>
  new ColumnMappingError({
    reason: "loaded",
    problems: [],
    files,
    message: `${plural(files.length, "file")} ${files.length === 1 ? "was" : "were"} loaded with another column mapping, and ${files.length === 1 ? "is" : "are"} not loaded again.`,
  })
