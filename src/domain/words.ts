// The words for true, false and nothing: those that programs write, and those of a mapping.

import { isNullWord, nullWords } from "./nullWords.ts"

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

/** Case and blanks around a word do not matter. */
export const keyOf = (word: string): string => word.trim().toLowerCase()

/** Each word that is given, by the key that it is known by, and what it stands for. */
const givenMeanings = (
  given: GivenWords,
): ReadonlyArray<readonly [key: string, meaning: boolean | null, word: string]> =>
  (
    [
      [given.true, true],
      [given.false, false],
      [given.null, null],
    ] as const
  ).flatMap(([words = [], meaning]) => words.map((word) => [keyOf(word), meaning, word] as const))

/** What is wrong with the words of a mapping: an empty one, or one in two lists. */
export const problemOfWords = (given: GivenWords): string | undefined => {
  const meanings = new Map<string, boolean | null>()
  for (const [key, meaning, word] of givenMeanings(given)) {
    if (key === "" && meaning !== null) return `has an empty word for ${meaning}: an empty field is null`
    const other = meanings.get(key)
    if (other !== undefined && other !== meaning)
      return `has ${JSON.stringify(word)} both for ${other} and for ${meaning}`
    meanings.set(key, meaning)
  }
  return undefined
}

/** Words by their keys, in any case, and those that are exact and null. */
const statusWords = (given: GivenWords, nullWords: ReadonlyArray<string>) => {
  const meanings = new Map(givenMeanings(given).map(([key, meaning]) => [key, meaning] as const))
  const known = new Map([...builtIn, ...meanings])
  return { known, exactNulls: nullWords.filter((word) => !meanings.has(keyOf(word))) }
}

/**
 * The words of a status: those of the mapping win over `nullWords`, which are exact and null, and these over the
 * built-in ones.
 */
export const makeWords = (given: GivenWords, nullWords: ReadonlyArray<string>): Words => {
  const { exactNulls, known } = statusWords(given, nullWords)
  const exact = new Map([...known, ...exactNulls.map((word) => [word, null] as const)])
  return (text) => {
    const meaning = exact.get(text)
    return meaning === undefined ? known.get(keyOf(text)) : meaning
  }
}

/** Those of `makeWords` in ASCII, in lower case, that mean the same in any case. */
export const asciiWords = (
  given: GivenWords,
  nullWords: ReadonlyArray<string>,
): ReadonlyMap<string, boolean | null> => {
  const { exactNulls, known } = statusWords(given, nullWords)
  const exact = new Set(exactNulls.map(keyOf))
  return new Map([...known].filter(([word]) => /^[\x20-\x7e]+$/.test(word) && !exact.has(word)))
}

/**
 * Whether a text of a date or an address is a word for nothing: built in, given, or one of `nullWords`, which are exact.
 * A given one may be a date, `1900-01-01`: ask before that is read.
 */
export const makeNullWords = (
  given: ReadonlyArray<string>,
  nullWords: ReadonlyArray<string>,
): ((text: string) => boolean) => {
  if (given.length === 0 && nullWords.length === 0) return isNullWord
  const known = new Set(given.map(keyOf))
  const exact = new Set(nullWords)
  return (text) => exact.has(text) || known.has(keyOf(text)) || isNullWord(text)
}
