// The day that a year, a month and a day of a text are: one of the calendar, none, or one that does not exist.

import { dayNumber, dayText, isCalendarDay, isDayNumber, secondsPerDay } from "./calendar.ts"
import type { Moment } from "./Moment.ts"
import { Problem } from "./Problem.ts"
import type { TimeOfDay } from "./timeOfDay.ts"

/** The first instant of the day in UTC; null where a program wrote a day for "none"; a problem for one that does not exist. */
export type WrittenDay = { readonly text: string; readonly number: number } | null | Problem

/** What programs have for no date: .NET its first day. */
const firstDay = dayNumber(1, 1, 1)

/** The day of a number since 1970-01-01; `order` is how the text was read. */
export const dayOfNumber = (number: number, order: string): WrittenDay => {
  if (!isDayNumber(number)) return new Problem(`is not a valid date (read as ${order})`)
  return number === firstDay ? null : { text: dayText(number), number }
}

const pair = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** The day of three numbers; `order` is how the text was read. MySQL has zeros for no date. */
export const dayOf = (year: number, month: number, day: number, order: string): WrittenDay => {
  if (year === 0 && month === 0 && day === 0) return null
  if (!isCalendarDay(year, month, day)) return new Problem(`is not a valid date (read as ${order})`)
  const number = dayNumber(year, month, day)
  if (number === firstDay) return null
  return { text: `${String(year).padStart(4, "0")}-${pair(month)}-${pair(day)}`, number }
}

/** The moment of a time on a day; a problem of either is the result. */
export const momentOn = (day: WrittenDay, time: TimeOfDay | Problem): Moment | null | Problem => {
  if (day instanceof Problem) return day
  if (time instanceof Problem) return time
  return day === null
    ? null
    : { day: day.text, seconds: day.number * secondsPerDay + time.seconds, micros: time.micros }
}
