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

/** The first name that is, or whose text is, as `test` says. */
const nameWhere = (json: string, test: (text: string) => boolean): string | undefined =>
  Object.entries(Extra.toObject(json)).find(([name, text]) => test(name) || test(text))?.[0]

/** Why a text that `Extra.make` has made of well-formed texts cannot be stored. */
const problemOf = (json: string): Problem | undefined => {
  // So it is written, but so may a backslash before "u0000" be.
  const name = json.includes("\\u0000") ? nameWhere(json, (text) => text.includes("\0")) : undefined
  if (name !== undefined) {
    return new Problem(`contains a NUL character, which PostgreSQL cannot store, in ${shown(name)}`)
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
  const name = nameWhere(extra, (text) => !text.isWellFormed())
  if (name !== undefined) return new Problem(`contains half of a surrogate pair, in ${shown(name)}`)
  return problemOf(extra) ?? extra
}

/** How long a text is that is too long, and what takes the most of it; undefined: it is not. */
export const sizesOf = (json: string): string | undefined => {
  if (!isTooLong(json)) return undefined
  const sizes = Object.entries(Extra.toObject(json)).map(
    ([name, text]) => [name, bytesOf(JSON.stringify(text))] as const,
  )
  const [name, bytes] = sizes.reduce((left, right) => (right[1] > left[1] ? right : left))
  return `${formatNumber(bytesOf(json))} bytes, ${formatNumber(bytes)} of them for ${shown(name)}`
}
