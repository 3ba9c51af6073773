// What the values of a field are, by most of those that were kept.

import type { FieldColumn } from "../../domain/fileColumns.ts"
import { isEmail } from "../../domain/emailAddress.ts"
import { slashesOf } from "../../domain/momentReader.ts"
import { Problem } from "../../domain/Problem.ts"
import { statusWord } from "../../domain/statusWords.ts"
import { readAddress } from "../../domain/textAddress.ts"
import { makeWords } from "../../domain/words.ts"
import { longestShown, printable } from "../header.ts"
import { readingOf, readsUsually } from "./dayReading.ts"
import type { FieldFacts, Shown, TextAt } from "./FieldFacts.ts"
import type { DayForm, Kind, OrderEvidence, WordCount } from "./findings.ts"
import { shownAt } from "./shown.ts"

const number = /^[+-]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:([.,' ])\d{3})+(?:[.,]\d+)?)$/
const shortYear = /^\d{1,2}([./ -])(?:\d{1,2}|[a-z]{3})\1\d{2}(?!\d)/i
const dashes = /^\d{1,2}([.-])\d{1,2}\1\d{4}(?!\d)/

const isJson = (text: string): boolean => {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Addresses have points or colons; others need no closer look, which takes long. */
const addressOf = (text: string): string | undefined => {
  if (!/[.:].*[.:]/s.test(text) || text.length > 500) return undefined
  const address = readAddress(text)
  return address instanceof Problem ? undefined : address
}

const hasPort = (text: string): boolean => /(?:^[^:[\]]+|\]):\d{1,5}$/.test(text.trim())

/** Text that is written as dates are, if not as one that is read. A number is none: it could be anything. */
const isDay = (text: string): boolean => {
  const written = text.trim()
  if (written.length > 80 || !/\d/.test(written) || number.test(written)) return false
  return readsUsually(written) || slashesOf(written) !== undefined || shortYear.test(written) || dashes.test(written)
}

const tests = [
  ["emails", (text: string) => text.includes("@") && isEmail(text)],
  ["json", isJson],
  ["numbers", (text: string) => number.test(text.trim())],
  ["addresses", (text: string) => addressOf(text) !== undefined],
  ["days", isDay],
] as const satisfies ReadonlyArray<readonly [tag: Kind["_tag"], is: (text: string) => boolean]>

/** Columns of dates: a number may be one there. */
const isOfDays = (column: FieldColumn | undefined): boolean => column === "created_at" || column === "updated_at"

/** Forms of dates that are listed. */
export const mostForms = 5

/** The form of a text: 9 a digit, a letters. */
const formOf = (text: string): string =>
  printable(text.trim(), longestShown)
    .replaceAll(/\d/g, "9")
    .replaceAll(/\p{L}+/gu, "a")

const formsOf = (kept: ReadonlyArray<TextAt>): ReadonlyArray<DayForm> =>
  [...Map.groupBy(kept, ({ text }) => formOf(text))]
    .map(([form, [first, ...others]]) => ({ form, count: 1 + others.length, example: shownAt(first!) }))
    .toSorted((left, right) => right.count - left.count)
    .slice(0, mostForms)

const evidenceOf = (shown: Shown | undefined): OrderEvidence | null =>
  shown === undefined ? null : { count: shown.count, first: shownAt(shown.first) }

const days = ({ kept, orders }: FieldFacts): Kind => ({
  _tag: "days",
  forms: formsOf(kept),
  order:
    Object.keys(orders).length === 0
      ? null
      : {
          dayFirst: evidenceOf(orders.dayFirst),
          monthFirst: evidenceOf(orders.monthFirst),
          either: evidenceOf(orders.either),
        },
  reading: readingOf(kept.map(({ text }) => text)),
})

const addresses = (kept: ReadonlyArray<TextAt>): Kind => {
  const found = kept.flatMap(({ text }) => addressOf(text) ?? [])
  const v6 = found.filter((address) => address.includes(":")).length
  return { _tag: "addresses", v4: found.length - v6, v6, withPort: kept.filter(({ text }) => hasPort(text)).length }
}

const usualWord = makeWords({}, [])

/** What a word for a status means, by default or in another language. */
export const meaningOf = (word: string): boolean | undefined => usualWord(word) ?? statusWord(word)

/** Whether so many words are those of a status, and no names, codes or numbers. */
const areStatusWords = (words: ReadonlyArray<WordCount>, column: FieldColumn | undefined): boolean => {
  const known = words.filter(({ word }) => meaningOf(word) !== undefined)
  if (column === "status") {
    const count = (counted: ReadonlyArray<WordCount>) => counted.reduce((sum, { count }) => sum + count, 0)
    return count(known) * 2 > count(words) || words.length === 2
  }
  const hasBoth = new Set(known.map(({ word }) => meaningOf(word))).size === 2
  return known.length === words.length && (hasBoth || known.every(({ word }) => /^\p{L}{2}/u.test(word)))
}

export const wordsOf = (counted: ReadonlyMap<string, WordCount>): ReadonlyArray<WordCount> =>
  [...counted.values()].toSorted((left, right) => right.count - left.count)

/** Texts that show whether all need to be looked at. */
const fewTexts = 200

/** Whether most texts may be such: some of a few that are spread over all of them are. */
const isLikely = (kept: ReadonlyArray<TextAt>, is: (text: string) => boolean): boolean => {
  const step = Math.ceil(kept.length / fewTexts)
  return kept.some(({ text }, index) => index % step === 0 && is(text))
}

/** `column`: the one that the field is for, where that is known. */
export const kindOf = (facts: FieldFacts, column: FieldColumn | undefined): Kind => {
  const { kept } = facts
  if (kept.length === 0) return { _tag: "empty" }
  const words = facts.words === undefined ? [] : wordsOf(facts.words)
  if (words.length > 0 && areStatusWords(words, column)) return { _tag: "booleans", words }
  const found = tests
    .filter(([, is]) => isLikely(kept, is))
    .map(([tag, is]) => ({ tag, count: kept.filter(({ text }) => is(text)).length }))
    .find(({ count }) => count * 2 > kept.length)
  switch (found?.tag) {
    case undefined:
      return { _tag: "text" }
    case "addresses":
      return addresses(kept)
    case "days":
      return days(facts)
    case "numbers":
      return isOfDays(column) ? days(facts) : { _tag: "numbers", count: found!.count }
    default:
      return { _tag: found!.tag, count: found!.count }
  }
}
