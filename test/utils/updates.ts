// Texts of `updated_at` for tests of which version wins, with what each means, worked out by hand.

import type { UserRecord } from "../../src/domain/UserRecord.ts"
import { firstInstant } from "../../src/domain/Moment.ts"
import type { User } from "../../src/domain/User.ts"

const newYear = Date.UTC(2020, 0, 1) / 1000
const hour = 3600

/** The day as written; seconds and microseconds of the instant. */
type Update = readonly [day: string, seconds: number, micros: number]

/** Some of one day have different instants, some of one instant have different days, and some differ in a microsecond. */
const updates = {
  "": null,
  "2020-01-01": ["2020-01-01", newYear, 0],
  "2020-01-01T00:00:00Z": ["2020-01-01", newYear, 0],
  "2020-01-01T10:30:00": ["2020-01-01", newYear + 10.5 * hour, 0],
  "2020-01-01T10:30:00.000001Z": ["2020-01-01", newYear + 10.5 * hour, 1],
  "2020-01-01T10:30:00.0000019Z": ["2020-01-01", newYear + 10.5 * hour, 1],
  "2020-01-01T23:30:00-05:00": ["2020-01-01", newYear + 28.5 * hour, 0],
  "2020-01-02": ["2020-01-02", newYear + 24 * hour, 0],
  "2020-01-02T00:30:00+14:00": ["2020-01-02", newYear + 10.5 * hour, 0],
  "2020-01-02T04:30:00Z": ["2020-01-02", newYear + 28.5 * hour, 0],
} as const satisfies Readonly<Record<string, Update | null>>

export type UpdateText = keyof typeof updates
export const updateTexts = Object.keys(updates) as ReadonlyArray<UpdateText>

export const updateOf = (text: UpdateText): Update | null => updates[text]

export const dayOf = (text: UpdateText): string | null => updates[text]?.[0] ?? null

/** Those whose day is that of their instant in UTC: by days and by instants they have one order. */
export const utcTexts = updateTexts.filter((text) => {
  const update = updates[text]
  return update === null || new Date(update[1] * 1000).toISOString().startsWith(update[0])
})

/** In the order of the instants, an empty text first. */
export const compareUpdates = (left: UpdateText, right: UpdateText): number => {
  const [before, after] = [updates[left], updates[right]]
  if (before === null || after === null) return Number(before !== null) - Number(after !== null)
  return before[1] - after[1] || before[2] - after[2]
}

/** A user, and the instant of its `updated_at`. */
export type Version = Pick<UserRecord, "user" | "instant">

/** A user that was updated then. */
export const versionAt = (user: User, text: UpdateText): Version => {
  const update = updates[text]
  if (update === null) return { user: { ...user, updated_at: null }, instant: null }
  const [updated_at, seconds, micros] = update
  return { user: { ...user, updated_at }, instant: { seconds, micros } }
}

/** A user whose `updated_at` is a date alone. */
export const versionOf = (user: User): Version => ({ user, instant: firstInstant(user.updated_at) })
