// How a date of a record is read: which forms are accepted, and which days exist.

import { Problem } from "./Problem.ts"

const isoDay =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/i
/** Most dates have this form, and a day that every month has: this test takes a third of the time of the rest. */
const plainDay =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?$/
const americanDay = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const isCalendarDay = (year: number, month: number, day: number): boolean =>
  year >= 1 &&
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  day <= (month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!)

/** A second of 60 is a leap second. */
const isTimeOfDay = (hours = "0", minutes = "0", seconds = "0"): boolean =>
  Number(hours) <= 23 && Number(minutes) <= 59 && Number(seconds) <= 60

/**
 * The calendar day of `YYYY-MM-DD`, of an ISO 8601 date-time (the day as written, whatever its offset) or of
 * `M/D/YYYY`, as `YYYY-MM-DD`. A day that does not exist, or a year outside 1 to 9999,
 * is a problem.
 */
export const parseDay = (text: string): string | Problem => {
  if (plainDay.test(text)) return text.slice(0, 10)
  const trimmed = text.trim()
  const iso = isoDay.exec(trimmed)
  const american = iso === null ? americanDay.exec(trimmed) : null
  if (iso === null && american === null) {
    return new Problem("is not a date (YYYY-MM-DD, an ISO 8601 date-time or M/D/YYYY)")
  }
  const [year, month, day] = iso === null ? [american![3]!, american![1]!, american![2]!] : [iso[1]!, iso[2]!, iso[3]!]
  if (!isCalendarDay(Number(year), Number(month), Number(day))) {
    return new Problem(`is not a valid date (read as ${iso === null ? "month/day/year" : "year-month-day"})`)
  }
  if (iso !== null && !isTimeOfDay(iso[4], iso[5], iso[6])) {
    return new Problem("has an invalid time of day (read as hour:minute:second)")
  }
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
}
