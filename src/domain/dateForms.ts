// The forms of a date that are read without being told, since each has one meaning.

import { dayNumber, daysOfYear, weekdayOf } from "./calendar.ts"
import { monthNamed, monthPattern, weekdayNamed, weekdayPattern } from "./dateNames.ts"
import type { Moment } from "./Moment.ts"
import { Problem } from "./Problem.ts"
import { readTime, type Zones } from "./timeOfDay.ts"
import { dayOf, dayOfNumber, momentOn, type WrittenDay } from "./writtenDay.ts"

/** A form of a date, at the start of a text. */
interface Form {
  readonly pattern: RegExp
  readonly day: (match: RegExpExecArray) => WrittenDay
  /** The time after the date, where it is not just what stands after the match. */
  readonly time?: (match: RegExpExecArray, rest: string) => string
  readonly zones?: Zones
}

/** The digits of a year, a month and a day, in this order. */
const numbered = (year: string | undefined, month: string | undefined, day: string | undefined): WrittenDay =>
  dayOf(Number(year), Number(month), Number(day), "year-month-day")

/** A day by its name that is not the weekday of the date is a contradiction. */
const named = (weekday: string | undefined, day: string, month: string, year: string): WrittenDay => {
  const written = dayOf(Number(year), monthNamed(month), Number(day), "day, month, year")
  if (weekday === undefined || written === null || written instanceof Problem) return written
  return weekdayOf(written.number) === weekdayNamed(weekday)
    ? written
    : new Problem("has a weekday that is not that of its date")
}

/** The Monday of week 1 is in the week of January 4. */
const dayOfWeek = (year: number, week: number, day: number): WrittenDay => {
  const order = "year, week, day of the week"
  const january4 = dayNumber(year, 1, 4)
  const monday = january4 - weekdayOf(january4) + 1
  const isLong = dayNumber(year + 1, 1, 4) - weekdayOf(dayNumber(year + 1, 1, 4)) + 1 - monday > 52 * 7
  const exists = year >= 1 && week >= 1 && week <= (isLong ? 53 : 52) && day >= 1 && day <= 7
  return exists
    ? dayOfNumber(monday + (week - 1) * 7 + day - 1, order)
    : new Problem(`is not a valid date (read as ${order})`)
}

const dayOfYear = (year: number, day: number): WrittenDay => {
  const order = "year, day of the year"
  return year >= 1 && day >= 1 && day <= daysOfYear(year)
    ? dayOfNumber(dayNumber(year, 1, 1) + day - 1, order)
    : new Problem(`is not a valid date (read as ${order})`)
}

const weekday = `(?:(${weekdayPattern}),? )?`
const month = `(${monthPattern})\\.?`

const forms: ReadonlyArray<Form> = [
  // 2024-12-31, 2024/1/5
  {
    pattern: /^(\d{4})(?:-(\d{1,2})-(\d{1,2})|\/(\d{1,2})\/(\d{1,2}))(?!\d)/,
    day: (match) => numbered(match[1], match[2] ?? match[4], match[3] ?? match[5]),
  },
  // 31.12.2024
  {
    pattern: /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/,
    day: ([, day, month, year]) => dayOf(Number(year), Number(month), Number(day), "day.month.year"),
  },
  // 20241231
  { pattern: /^(\d{4})(\d{2})(\d{2})(?!\d)/, day: ([, year, month, day]) => numbered(year, month, day) },
  // 20241231101112
  {
    pattern: /^(\d{4})(\d{2})(\d{2})(?=\d{6}(?!\d))/,
    day: ([, year, month, day]) => numbered(year, month, day),
    time: (_, rest) => `T${rest}`,
  },
  // 2024-W52-2, 2024W522
  {
    pattern: /^(\d{4})(-?)W(\d{2})\2(\d)(?!\d)/i,
    day: ([, year, , week, day]) => dayOfWeek(Number(year), Number(week), Number(day)),
  },
  // 2024-366, 2024366
  { pattern: /^(\d{4})-?(\d{3})(?!\d)/, day: ([, year, day]) => dayOfYear(Number(year), Number(day)) },
  // 31 Dec 2024, Tue, 31 Dec 2024 of RFC 2822
  {
    pattern: new RegExp(`^${weekday}(\\d{1,2}) ${month} (\\d{4})(?!\\d)`, "i"),
    day: ([, weekday, day, month, year]) => named(weekday, day!, month!, year!),
    zones: "rfc",
  },
  // 31-DEC-2024
  {
    pattern: new RegExp(`^(\\d{1,2})-${month}-(\\d{4})(?!\\d)`, "i"),
    day: ([, day, month, year]) => named(undefined, day!, month!, year!),
  },
  // Dec 31, 2024, Tue Dec 31 2024 of JavaScript
  {
    pattern: new RegExp(`^${weekday}${month} (\\d{1,2}),? (\\d{4})(?!\\d)`, "i"),
    day: ([, weekday, month, day, year]) => named(weekday, day!, month!, year!),
  },
  // Tue Dec 31 10:11:12 +0000 2024: C, Go's layouts
  {
    pattern: new RegExp(
      `^${weekday}${month} (\\d{1,2})( \\d{1,2}:\\d{2}:\\d{2}(?:\\.\\d+)?(?: (?:[A-Z]{1,5}|[+-]\\d{4}))?) (\\d{4})$`,
      "i",
    ),
    day: ([, weekday, month, day, , year]) => named(weekday, day!, month!, year!),
    time: (match) => match[4]!,
  },
]

/** Reads a text without blanks around it, and single blanks in it; undefined where it has none of the forms. */
export const readForms = (text: string): Moment | null | Problem | undefined => {
  for (const { pattern, day, time, zones } of forms) {
    const match = pattern.exec(text)
    if (match === null) continue
    const rest = text.slice(match[0].length)
    const read = readTime(time === undefined ? rest : time(match, rest), zones ?? "offset")
    return read === undefined ? undefined : momentOn(day(match), read)
  }
  return undefined
}
