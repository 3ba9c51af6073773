// The words for true, false and nothing: those that programs write, and those of a mapping.

import { isNullWord, nullWords } from "./nullWords.ts"
import { Problem } from "./Problem.ts"

/** Words of a mapping for one column. Case and blanks around them do not matter, as in the built-in ones. */
export interface GivenWords {
  readonly true?: ReadonlyArray<string> | undefined
  readonly false?: ReadonlyArray<string> | undefined
  readonly null?: ReadonlyArray<string> | undefined
}

/** What a word stands for; undefined where it is none. */
export type Words = (text: string) => boolean | null | undefined

const truths = ["true", "t", "yes", "y", "on", "active", "enabled", "1", "1.0"]
const falsehoods = ["false", "f", "no", "n", "off", "inactive", "disabled", "0", "0.0"]

const builtIn: ReadonlyArray<readonly [word: string, meaning: boolean | null]> = [
  ...truths.map((word) => [word, true] as const),
  ...falsehoods.map((word) => [word, false] as const),
  ...nullWords.map((word) => [word, null] as const),
]

const keyOf = (word: string): string => word.trim().toLowerCase()

const givenMeanings = (given: GivenWords): ReadonlyMap<string, boolean | null> | Problem => {
  const meanings = new Map<string, boolean | null>()
  for (const [words, meaning] of [
    [given.true, true],
    [given.false, false],
    [given.null, null],
  ] as const) {
    for (const word of words ?? []) {
      const key = keyOf(word)
      const other = meanings.get(key)
      if (key === "" && meaning !== null) return new Problem(`has an empty word for ${meaning}: an empty field is null`)
      if (other !== undefined && other !== meaning) {
        return new Problem(`has ${JSON.stringify(word)} both for ${other} and for ${meaning}`)
      }
      meanings.set(key, meaning)
    }
  }
  return meanings
}

const wordsOf =
  (known: ReadonlyMap<string, boolean | null>): Words =>
  (text) => {
    const meaning = known.get(text)
    return meaning === undefined ? known.get(keyOf(text)) : meaning
  }

/** The built-in words alone. */
export const usualWords: Words = wordsOf(new Map(builtIn))

/**
 * The words of a status: those given win over the built-in ones. A problem, for the author of the mapping, where a word
 * is in two lists.
 */
export const makeWords = (given: GivenWords): Words | Problem => {
  const meanings = givenMeanings(given)
  if (meanings instanceof Problem) return meanings
  return wordsOf(new Map([...builtIn, ...meanings]))
}

/**
 * Whether a text of a date or an address is a word for nothing, built in or given. A given one may be a date,
 * `1900-01-01`: ask before that is read.
 */
export const makeNullWords = (given: ReadonlyArray<string>): ((text: string) => boolean) => {
  if (given.length === 0) return isNullWord
  const known = new Set(given.map(keyOf))
  return (text) => known.has(keyOf(text)) || isNullWord(text)
}
