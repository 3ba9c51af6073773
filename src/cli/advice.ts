// What a person can do about an error of the library, in the command's words: its flags and variables.

import { Predicate } from "effect"
import { databaseAdvice } from "./advice/database.ts"
import { geoAdvice } from "./advice/geo.ts"
import { sourceAdvice } from "./advice/source.ts"

/** By the tag of the error. The errors' modules stay unloaded: most commands never fail. */
const advisers: Readonly<Record<string, (error: object) => string | undefined>> = {
  ...databaseAdvice,
  ...geoAdvice,
  ...sourceAdvice,
}

export const advise = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) ? advisers[error._tag]?.(error) : undefined
