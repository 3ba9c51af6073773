// A moment that a record has: the day as it is written, and the instant that is meant.

import { dayText, numberOfDay, secondsPerDay } from "./calendar.ts"

/**
 * Two numbers, since years 1 to 9999 have more microseconds than a number holds exactly; seconds of our time are small
 * integers, so comparing two instants allocates nothing, unlike `bigint`.
 */
export interface Instant {
  /** Whole seconds since 1970-01-01 in UTC; less than 0 before. */
  readonly seconds: number
  /** Microseconds after `seconds`: 0 to 999,999. */
  readonly micros: number
}

export interface Moment extends Instant {
  /** `YYYY-MM-DD`, the day as written, whatever the offset of its time. */
  readonly day: string
}

/**
 * Less than 0 where the left instant is the earlier one, 0 where they are equal. None, null, is earlier than any.
 *
 * @example
 * ```ts
 * import { compareInstants, type Winner } from "user-activity-etl"
 *
 * const isLater = (left: Winner, right: Winner): boolean => compareInstants(left.instant, right.instant) > 0
 * ```
 */
export const compareInstants = (left: Instant | null, right: Instant | null): number => {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null)
  return left.seconds - right.seconds || left.micros - right.micros
}

/** The first instant in UTC of a day, `YYYY-MM-DD`; null without one. */
export const firstInstant = (day: string | null): Instant | null => {
  if (day === null) return null
  const number = numberOfDay(day)
  return { seconds: number * secondsPerDay, micros: 0 }
}

/** The moment of an instant, its day that of UTC. */
export const momentAt = (seconds: number, micros: number): Moment => ({
  day: dayText(Math.floor(seconds / secondsPerDay)),
  seconds,
  micros,
})

const digits = (value: number, length: number): string => String(value).padStart(length, "0")

/** The instant as ISO 8601 in UTC, `2024-12-31T10:11:12.000000Z`, which PostgreSQL reads as a `timestamptz`. */
export const instantText = ({ seconds, micros }: Instant): string => {
  const number = Math.floor(seconds / secondsPerDay)
  const second = seconds - number * secondsPerDay
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
  return `${dayText(number)}T${time.map((value) => digits(value, 2)).join(":")}.${digits(micros, 6)}Z`
}
