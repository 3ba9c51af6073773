import { Problem } from "./Problem.ts"

const isoDay =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/i
/** Most dates are of this kind, and their days in every month: to see that takes a third of the time of the rest. */
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

const isTimeOfDay = (hours = "0", minutes = "0", seconds = "0"): boolean =>
  // A second of 60 is a leap second.
  Number(hours) <= 23 && Number(minutes) <= 59 && Number(seconds) <= 60

/**
 * The calendar day of `YYYY-MM-DD`, of an ISO 8601 date-time (the day as written, whatever its offset) or of
 * `M/D/YYYY`, as `YYYY-MM-DD`. Days that no calendar has, and years outside 1 to 9999, are problems.
 */
export const parseDay = (text: string): string | Problem => {
  if (plainDay.test(text)) return text.slice(0, 10)
  const trimmed = text.trim()
  const iso = isoDay.exec(trimmed)
  const american = iso === null ? americanDay.exec(trimmed) : null
  if (iso === null && american === null) return new Problem("is not a date: YYYY-MM-DD, an ISO date-time or M/D/YYYY")
  const [year, month, day] = iso === null ? [american![3]!, american![1]!, american![2]!] : [iso[1]!, iso[2]!, iso[3]!]
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return new Problem("is a day that no calendar has")
  if (iso !== null && !isTimeOfDay(iso[4], iso[5], iso[6])) return new Problem("has a time of day that does not exist")
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
}
