// What to do about an error of a source, a file or a column mapping, by its tag and its fields.

import { Predicate } from "effect"
import type { HeaderError } from "../../csv/HeaderError.ts"
import type { ColumnMappingError } from "../../domain/ColumnMapping.ts"
import type { SourceError } from "../../domain/SourceFile.ts"

const ofHeader = ({ delimiter, reason }: HeaderError): string | undefined => {
  if (delimiter !== undefined) return `Try --delimiter ${JSON.stringify(delimiter)}.`
  return reason === "misfit" ? "--mapping FILE names another mapping." : undefined
}

const ofSource = ({ cause }: SourceError): string | undefined =>
  Predicate.isTagged(cause, "HeaderError") ? ofHeader(cause as HeaderError) : undefined

const ofMapping: Readonly<Record<ColumnMappingError["reason"], string | undefined>> = {
  invalid: undefined,
  unfinished: "--force starts over.",
  loaded: "--force loads them again.",
}

/** By the error's tag. */
export const sourceAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {
  SourceError: (error) => ofSource(error as SourceError),
  ColumnMappingError: (error) => ofMapping[(error as ColumnMappingError).reason],
}
