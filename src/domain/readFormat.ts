// Reads the format of a mapping file.

import { Predicate, Result, Schema, Struct } from "effect"
import type { PlacedValue } from "../text/placedJson.ts"
import { toJson } from "../text/printable.ts"
import { encodingOf } from "./encoding.ts"
import { conflictIn, expectedOf, formatFields, FormatOptions } from "./FormatOptions.ts"
import { areChoices, type MappingProblem, noKey, type Read, toChoose } from "./mappingProblem.ts"
import { isToFill, placeholder } from "./mappingSchema.ts"

const keys = Struct.keys(formatFields)
type Key = (typeof keys)[number]

const isKey = (name: string): name is Key => keys.some((key) => key === name)

const isValid = (key: Key, value: unknown): boolean => Schema.is(formatFields[key] as Schema.Schema<unknown>)(value)

/** A name of an encoding that is not its usual one is understood, but one name is enough in a file. */
const usualName = (key: Key, value: unknown): string | undefined =>
  key === "encoding" && typeof value === "string" ? encodingOf(value) : undefined

/** What is wrong with a value. */
const problemOf = (key: Key, value: unknown, choices: unknown): string | undefined => {
  const valid = isValid(key, value)
  if (isToFill(value, choices) || (value === placeholder && !valid)) return toChoose(choices, expectedOf(key))
  if (valid) return undefined
  const usual = usualName(key, value)
  return `is ${toJson(value)}: write ${usual === undefined ? expectedOf(key) : toJson(usual)}`
}

const decode = Schema.decodeUnknownSync(FormatOptions)

export const readFormat = (format: PlacedValue): Read<FormatOptions> => {
  const fail = (message: string, lines: ReadonlyArray<number>): MappingProblem => ({
    message: `format: ${message}`,
    lines,
  })
  if (!Predicate.isObject(format.value)) {
    return Result.fail([
      fail(`expected an object with keys such as ${keys.slice(0, 3).join(", ")}`, [format.lineOf([])]),
    ])
  }
  const { choices = {} }: { readonly choices?: unknown } = format.value
  const choicesOf = (key: string): unknown => (Predicate.isObject(choices) ? Reflect.get(choices, key) : undefined)
  const problems: Array<MappingProblem> = []
  if (!Predicate.isObject(choices) || !Object.values(choices).every(areChoices)) {
    problems.push(
      fail('choices must be an object, such as { "encoding": ["windows-1252", "windows-1250"] }', [
        format.lineOf(["choices"]),
      ]),
    )
  }
  const said: Record<string, unknown> = {}
  for (const [key, { lineOf, value }] of format.entries()) {
    if (key === "choices") continue
    const problem = isKey(key) ? problemOf(key, value, choicesOf(key)) : undefined
    if (!isKey(key)) problems.push(fail(noKey(key, keys), [lineOf([])]))
    else if (problem !== undefined) problems.push(fail(`${key} ${problem}`, [lineOf([])]))
    else said[key] = value
  }
  const conflict = conflictIn(said)
  if (conflict !== undefined) problems.push(fail(conflict.why, [format.lineOf([conflict.keys[0]])]))
  return problems.length === 0 ? Result.succeed(decode(said)) : Result.fail(problems)
}
