// Where an address is, and the answers that a locator may give.

import { Schema } from "effect"
import type { Address } from "./Address.ts"

/**
 * Where an address is: degrees, the country's English name, the region's and city's names, an IANA time zone,
 * and the name of the network's owner. A provider that lacks a field gives null.
 */
export const Location = Schema.Struct({
  latitude: Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
  longitude: Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
  country: Schema.NullOr(Schema.String),
  region: Schema.NullOr(Schema.String),
  city: Schema.NullOr(Schema.String),
  timezone: Schema.NullOr(Schema.String),
  isp_name: Schema.NullOr(Schema.String),
})
export interface Location extends Schema.Schema.Type<typeof Location> {}

/** Widths of the columns of `users`, in characters. */
const widths = { country: 64, region: 64, city: 64, timezone: 32, isp_name: 128 } as const

/** Text cut to a column's width, in code points; null if PostgreSQL cannot store it (a NUL, half a surrogate pair). */
const fitText = (text: string | null, width: number): string | null => {
  if (text === null || text === "" || text.includes("\0") || !text.isWellFormed()) return null
  if (text.length <= width) return text
  const characters = Array.from(text)
  return characters.length <= width ? text : characters.slice(0, width).join("")
}

/** A location cut to the columns of `users`: whatever a provider sends, no user is rejected for it. */
const fit = (location: Location): Location => ({
  latitude: location.latitude,
  longitude: location.longitude,
  country: fitText(location.country, widths.country),
  region: fitText(location.region, widths.region),
  city: fitText(location.city, widths.city),
  timezone: fitText(location.timezone, widths.timezone),
  isp_name: fitText(location.isp_name, widths.isp_name),
})

/** The answer for one address. `NotNow`: this locator does not know; another locator, or a later request, may. */
export type Answer =
  | { readonly _tag: "Located"; readonly location: Location }
  | { readonly _tag: "Unlocatable"; readonly reason: string }
  | { readonly _tag: "NotNow" }

/**
 * Makes answers. A location's texts are cut to the columns of `users`.
 *
 * @example
 * ```ts
 * import { Answer } from "user-activity-etl"
 *
 * const answer = Answer.unlocatable("our network")
 * ```
 */
export const Answer = {
  located: (location: Location): Answer => ({ _tag: "Located", location: fit(location) }),
  unlocatable: (reason: string): Answer => ({ _tag: "Unlocatable", reason }),
  notNow: { _tag: "NotNow" } as Answer,
}

/** Answers by address. */
export type Answers = ReadonlyMap<Address, Answer>

/** How many addresses were located, and how many were not, by reason. */
export interface AnswerTally {
  readonly located: number
  readonly unlocatable: Readonly<Record<string, number>>
}

export const tally = (answers: ReadonlyMap<string, Answer>): AnswerTally => {
  let located = 0
  const unlocatable: Record<string, number> = {}
  for (const answer of answers.values()) {
    if (answer._tag === "Located") located++
    if (answer._tag === "Unlocatable") unlocatable[answer.reason] = (unlocatable[answer.reason] ?? 0) + 1
  }
  return { located, unlocatable }
}
