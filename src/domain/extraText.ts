// What the column `extra` can hold: PostgreSQL's `jsonb`, of a bounded size.

import { Predicate } from "effect"
import { formatNumber } from "../text/format.ts"
import { toJson } from "../text/printable.ts"
import * as Extra from "./Extra.ts"
import { Problem } from "./Problem.ts"

/** Of the JSON, in UTF-8. */
const mostBytes = 65_536

/** Characters of a name that a message shows. */
const mostCharacters = 40

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

const isTooLong = (json: string): boolean => 3 * json.length > mostBytes && bytesOf(json) > mostBytes

const shown = (name: string): string => {
  const [...characters] = name.slice(0, 2 * mostCharacters + 1)
  return toJson(characters.length > mostCharacters ? `${characters.slice(0, mostCharacters).join("")}...` : name)
}

const hasNul = (text: string): boolean => text.includes("\0")

/** Whether a name is, or its text is, as `test` says. */
const isWhere =
  (test: (text: string) => boolean) =>
  ([name, text]: readonly [string, string]): boolean =>
    test(name) || test(text)

/** So a NUL character is written, but so may a backslash before "u0000" be. */
const mayHaveNul = (json: string): boolean => json.includes("\\u0000")

/** Why a text that `Extra.make` has made of well-formed texts cannot be stored. No name: a file's names may be secret. */
const problemOf = (json: string): Problem | undefined => {
  if (mayHaveNul(json) && Object.entries(Extra.toObject(json)).some(isWhere(hasNul))) {
    return new Problem("contains a NUL character, which PostgreSQL cannot store")
  }
  return isTooLong(json) ? new Problem(`is longer than ${formatNumber(mostBytes)} bytes of JSON`) : undefined
}

/** The value of a text that `Extra.make` has made of a file's fields, or `""`. */
export const readOwnExtra = (json: string): string | null | Problem => (json === "" ? null : (problemOf(json) ?? json))

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  Predicate.isObject(value) && Object.values(value).every(Predicate.isString)

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** The value of a JSON object of texts from anywhere; `""` is null. */
export const readExtra = (json: string): string | null | Problem => {
  if (json === "") return null
  const texts = parse(json)
  if (!isTexts(texts)) return new Problem("is not a JSON object whose values are texts")
  const extra = Extra.make(texts)
  if (extra === null) return null
  if (Object.entries(Extra.toObject(extra)).some(isWhere((text) => !text.isWellFormed()))) {
    return new Problem("contains half of a surrogate pair")
  }
  return problemOf(extra) ?? extra
}

const bytesFor = ([name, text]: readonly [string, string]): number => bytesOf(Extra.make({ [name]: text })!) - 2

/** Of a text that cannot be stored: the name that has what cannot be, or how long it is and what takes the most of it. */
export const detailOf = (json: string): string | undefined => {
  if (!mayHaveNul(json) && !isTooLong(json)) return undefined
  const texts = Object.entries(Extra.toObject(json))
  const [name] = texts.find(isWhere(hasNul)) ?? []
  if (name !== undefined) return `in ${shown(name)}`
  if (!isTooLong(json)) return undefined
  const [[longest], bytes] = texts
    .map((text) => [text, bytesFor(text)] as const)
    .reduce((left, right) => (right[1] > left[1] ? right : left))
  return `${formatNumber(bytesOf(json))} bytes, ${formatNumber(bytes)} of them for ${shown(longest)}`
}
