// The Gregorian calendar, years 1 to 9999: which days exist, and their numbers since 1970-01-01.

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

export const secondsPerDay = 86_400

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** The number of each year's first day, 0 is 1970-01-01: a table, since every date of every record needs one. */
const yearStarts = new Int32Array(10_001)
yearStarts[1] = -719_162
for (let year = 1; year < 10_000; year++) yearStarts[year + 1] = yearStarts[year]! + (isLeapYear(year) ? 366 : 365)

/** Of the years 1 to 9999. */
export const daysOfYear = (year: number): number => yearStarts[year + 1]! - yearStarts[year]!

export const isCalendarDay = (year: number, month: number, day: number): boolean =>
  year >= 1 &&
  year <= 9999 &&
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  (day <= 28 || day <= (month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!))

/** The number of a day that exists: 0 is 1970-01-01. */
export const dayNumber = (year: number, month: number, day: number): number =>
  yearStarts[year]! + daysBefore[month - 1]! + day - (month <= 2 || daysOfYear(year) === 365 ? 1 : 0)

/** The number of a day that exists, `YYYY-MM-DD`. */
export const numberOfDay = (text: string): number =>
  dayNumber(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8)))

/** Whether the day of a number is in the years 1 to 9999. */
export const isDayNumber = (number: number): boolean => number >= yearStarts[1]! && number < yearStarts[10_000]!

/** Monday is 1, Sunday is 7. */
export const weekdayOf = (number: number): number => ((((number + 3) % 7) + 7) % 7) + 1

/** `YYYY-MM-DD` of a number; the day after 9999-12-31 is `10000-01-01`, the one before 0001-01-01 `0000-12-31`. */
export const dayText = (number: number): string =>
  new Date(number * secondsPerDay * 1000).toISOString().slice(0, -"T00:00:00.000Z".length).replace(/^\+0*/, "")
