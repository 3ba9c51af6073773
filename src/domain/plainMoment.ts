// The quick way to read the moments that most files have: ISO 8601 days and date-times.

import { dayNumber, isCalendarDay, secondsPerDay } from "./calendar.ts"
import type { Moment } from "./Moment.ts"

/** So far below 0 that what is reckoned with it is less than 0 too. */
const notDigits = -1_000_000

/** Microseconds of one in the last of so many digits of a fraction. */
const unitOf = [0, 100_000, 10_000, 1000, 100, 10]

/** The number of two digits; less than 0 where they are none. */
const pair = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  // One comparison for four: this is most of the work.
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? notDigits : tens * 10 + ones
}

const dash = 45
const colon = 58
const point = 46
const plus = 43

/** Seconds of `+HH:MM` at `at`, the end of the text; undefined where it is another. */
const offsetAt = (text: string, at: number): number | undefined => {
  const sign = text.charCodeAt(at)
  if ((sign !== plus && sign !== dash) || text.charCodeAt(at + 3) !== colon) return undefined
  const hours = pair(text, at + 1)
  const minutes = pair(text, at + 4)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined
  const seconds = hours * 3600 + minutes * 60
  return sign === plus ? seconds : 0 - seconds
}

/**
 * The moment of `YYYY-MM-DD`, or of `YYYY-MM-DDTHH:MM` with T or a space, with or without seconds and their fraction
 * after a point, and with Z, `+HH:MM` or nothing; undefined for every other text, and for what needs a closer look.
 */
export const plainMoment = (text: string): Moment | undefined => {
  const { length } = text
  if (length < 10 || text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash) return undefined
  const year = pair(text, 0) * 100 + pair(text, 2)
  const month = pair(text, 5)
  const day = pair(text, 8)
  // The year 1 has a day that stands for none.
  if (year <= 1 || !isCalendarDay(year, month, day)) return undefined
  const midnight = dayNumber(year, month, day) * secondsPerDay
  if (length === 10) return { day: text, seconds: midnight, micros: 0 }
  const separator = text.charCodeAt(10)
  if (length < 16 || (separator !== 84 && separator !== 32) || text.charCodeAt(13) !== colon) return undefined
  const hour = pair(text, 11)
  const minute = pair(text, 14)
  let second = 0
  let micros = 0
  let at = 16
  if (length >= 19 && text.charCodeAt(at) === colon) {
    second = pair(text, 17)
    at = 19
    if (length > 20 && text.charCodeAt(at) === point) {
      let digits = 0
      for (at++; at < length; at++, digits++) {
        const value = text.charCodeAt(at) - 48
        if (value < 0 || value > 9) break
        if (digits < 6) micros = micros * 10 + value
      }
      if (digits === 0) return undefined
      if (digits < 6) micros *= unitOf[digits]!
    }
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined
  let seconds = hour * 3600 + minute * 60 + second
  if (at !== length && !(at === length - 1 && text.charCodeAt(at) === 90)) {
    const offset = at === length - 6 ? offsetAt(text, at) : undefined
    if (offset === undefined) return undefined
    seconds -= offset
  }
  return { day: text.slice(0, 10), seconds: midnight + seconds, micros }
}
