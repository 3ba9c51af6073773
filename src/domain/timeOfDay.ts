// How the time and the zone after a date are read.

import { secondsPerDay } from "./calendar.ts"
import { Problem } from "./Problem.ts"

/** A time of day and its offset from UTC. */
export interface TimeOfDay {
  /** From the first instant of the day in UTC: an offset may make them less than 0, or more than a day has. */
  readonly seconds: number
  /** 0 to 999,999. */
  readonly micros: number
}

export const firstInstant: TimeOfDay = { seconds: 0, micros: 0 }

const invalidTime = "has an invalid time of day (read as hour:minute:second)"

/** The hour of 24: AM is before noon, and 12 is its first hour. */
const hourOf12 = (hour: number, half: string): number => {
  if (hour < 1 || hour > 12) return Number.NaN
  return (hour % 12) + (half.toUpperCase() === "P" ? 12 : 0)
}

/** The digits of a time, what the text lacks left out; `half` is `A` or `P`. */
export interface WrittenTime {
  readonly hour: string
  readonly minute: string | undefined
  readonly second: string | undefined
  readonly fraction: string | undefined
  readonly half: string | undefined
}

/** A second of 60 is a leap second, which is the next second; 24:00 is the first instant of the next day. */
export const timeOf = (written: WrittenTime, offset: number): TimeOfDay | Problem => {
  const hour = written.half === undefined ? Number(written.hour) : hourOf12(Number(written.hour), written.half)
  const minute = Number(written.minute ?? 0)
  const second = Number(written.second ?? 0)
  // Further digits are cut, as a timestamp of PostgreSQL has no more.
  const micros = Number((written.fraction ?? "").slice(0, 6).padEnd(6, "0"))
  const seconds = hour * 3600 + minute * 60 + second
  const exists = hour <= 23 && minute <= 59 && second <= 60
  const isMidnight = seconds === secondsPerDay && minute === 0 && second === 0 && !/[1-9]/.test(written.fraction ?? "")
  return exists || isMidnight ? { seconds: seconds - offset, micros } : new Problem(invalidTime)
}

/**
 * UTC, or an offset. After an offset may be the name that the zone has there (Go, JavaScript, e-mail), a reading of a
 * monotonic clock (Go), and the zone in brackets (Java, Temporal): the offset says it all.
 */
const zone =
  /^ ?(?:(?:Z|UTC?|GMT)|(?:UTC|GMT)?([+-])(\d{2})(?::?(\d{2}))?(?: ([A-Z]{2,5}|\1\2(?:\3)?))?)(?: \([^()]*\))?(?: m=[+-]\d+\.\d+)?(?: ?\[[^[\]]*\])*$/i

const namedZone = /^ ?(?:[A-Z]{1,5}|\[?[A-Za-z_]+\/[\w/+-]+\]?)$/

/** The names that RFC 2822 gives one meaning each, in its form of a date only. */
const rfcZones = new Map(
  [
    ["EDT", -4],
    ["EST", -5],
    ["CDT", -5],
    ["CST", -6],
    ["MDT", -6],
    ["MST", -7],
    ["PDT", -7],
    ["PST", -8],
  ].map(([name, hours]) => [` ${name}`, Number(hours) * 3600]),
)

/** What a date's form lets its zone be: `rfc` a name of RFC 2822 too. */
export type Zones = "offset" | "rfc"

/** Seconds that a zone is ahead of UTC, 0 for no zone; undefined where the text is none. */
export const offsetOf = (text: string, zones: Zones): number | Problem | undefined => {
  if (text === "") return 0
  const match = zone.exec(text)
  if (match === null) {
    const named = zones === "rfc" ? rfcZones.get(text.toUpperCase()) : undefined
    if (named !== undefined) return named
    return namedZone.test(text)
      ? new Problem("has the name of a time zone, which can mean several offsets: write the offset, as +01:00")
      : undefined
  }
  if (match[1] === undefined) return 0
  const hours = Number(match[2])
  const minutes = Number(match[3] ?? 0)
  if (hours > 23 || minutes > 59) return new Problem("has an offset from UTC that does not exist")
  const offset = (match[1] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
  if (offset !== 0 && /^(?:UTC|GMT)$/i.test(match[4] ?? "")) return new Problem("has two time zones")
  return offset
}

/** Groups: T, hour, minute, second, fraction, A or P. After a blank, `10` and `1011` could be anything. */
const extendedTime =
  /^(?:(T)|,? )(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?(?: ?([AP])(?:M|\.M\.)(?![A-Z]))?(?!\d)/i
const basicTime = /^(?:(T)|,? )(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d+))?)?(?: ?([AP])(?:M|\.M\.)(?![A-Z]))?(?![\d:])/i

/** A date without a time has only a zone that cannot be taken for a part of it. */
const zoneOfDay = /^ ?(?:Z|UTC|GMT|[+-]\d{2}:\d{2}|[A-Z]{3,5})$/i

/** What stands after a date: nothing, a time, a zone, or both. Undefined: something else. */
export const readTime = (text: string, zones: Zones): TimeOfDay | Problem | undefined => {
  if (text === "") return firstInstant
  const basic = basicTime.exec(text)
  const match = basic ?? extendedTime.exec(text)
  if (match === null) {
    const offset = zoneOfDay.test(text) ? offsetOf(text, "offset") : undefined
    return typeof offset === "number" ? { seconds: -offset, micros: 0 } : offset
  }
  const [all, T, hour, minute, second, fraction, half] = match
  const isBareNumber = (basic === null ? minute : second) === undefined
  if (isBareNumber && T === undefined && half === undefined) return undefined
  const offset = offsetOf(text.slice(all.length), half === undefined ? zones : "offset")
  if (typeof offset !== "number") return offset
  return timeOf({ hour: hour!, minute, second, fraction, half }, offset)
}
