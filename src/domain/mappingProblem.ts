// What is wrong with a mapping file, and how it says what to write.

import { type Result, Schema } from "effect"
import { toJson } from "../text/printable.ts"
import { suggestions } from "../text/suggest.ts"
import { Choices, placeholder } from "./mappingSchema.ts"

export interface MappingProblem {
  readonly message: string
  /** Where it is; none: the file as a whole has it. */
  readonly lines: ReadonlyArray<number>
}

/** A part of the file that is read, or every problem that it has. */
export type Read<A> = Result.Result<A, ReadonlyArray<MappingProblem>>

export const areChoices = Schema.is(Choices)

/** The choices as JSON; `otherwise`: there are none. */
export const listed = (choices: unknown, otherwise: string): string =>
  areChoices(choices) && choices.length > 0 ? choices.map(toJson).join(", ") : otherwise

/** What to write in place of `?`. */
export const toChoose = (choices: unknown, otherwise: string): string => {
  const many = areChoices(choices) && choices.length > 1 ? "one of " : ""
  return `is "${placeholder}": write ${many}${listed(choices, otherwise)}`
}

/** That a key is unknown, and the nearest, or all. */
export const noKey = (word: string, keys: ReadonlyArray<string>): string => {
  const plain = word.replaceAll(/[-_ ]/g, "").toLowerCase()
  const same = keys.filter((key) => key.toLowerCase() === plain)
  const nearest = same.length > 0 ? same : suggestions(word, keys)
  const valid = nearest.length > 0 ? `write ${nearest.join(" or ")}` : `valid are ${keys.join(", ")}`
  return `${toJson(word)} is no key: ${valid}`
}
