// How a record's text is read as a moment.

import { isCalendarDay } from "./calendar.ts"
import type { DateFormat, SlashOrder } from "./dateFormat.ts"
import { readForms } from "./dateForms.ts"
import type { Moment } from "./Moment.ts"
import { plainMoment } from "./plainMoment.ts"
import { Problem } from "./Problem.ts"
import { readTime } from "./timeOfDay.ts"
import { dayOf, momentOn } from "./writtenDay.ts"

export interface MomentReading {
  /** A form that is read before all others. */
  readonly format?: DateFormat | undefined
  /** The order of `A/B/YYYY`; undefined: nothing has shown it. */
  readonly order?: SlashOrder | undefined
}

/**
 * The moment of a text; null where a program wrote a day for "none"; a problem for everything else. Empty text is not a
 * moment.
 */
export type MomentReader = (text: string) => Moment | null | Problem

const slashDate = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d)/

/** An apostrophe before a date is a spreadsheet's; no-break spaces are spaces. */
const normalized = (text: string): string => text.trim().replace(/\s+/g, " ").replace(/^' ?/, "")

/** Why a date is not read whose order nothing shows. */
const unordered = (first: number, second: number, year: number): Problem => {
  const [isMonthFirst, isDayFirst] = [isCalendarDay(year, first, second), isCalendarDay(year, second, first)]
  if (!isMonthFirst && !isDayFirst) return new Problem("is not a valid date (read as month/day/year or day/month/year)")
  const what =
    isMonthFirst && isDayFirst
      ? "could be month/day or day/month"
      : `is ${isMonthFirst ? "month/day" : "day/month"}, which the beginning of the file does not show`
  return new Problem(`${what}. Name "MM/DD/YYYY" or "DD/MM/YYYY" as its format in the mapping`)
}

const readSlashes = (text: string, order: SlashOrder | undefined): Moment | null | Problem | undefined => {
  const match = slashDate.exec(text)
  if (match === null) return undefined
  const time = readTime(text.slice(match[0].length), "offset")
  if (time === undefined) return undefined
  const [first, second, year] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (order === undefined && first !== second) return unordered(first, second, year)
  return order === "D/M"
    ? momentOn(dayOf(year, second, first, "day/month/year"), time)
    : momentOn(dayOf(year, first, second, "month/day/year"), time)
}

/** What a number may be, by how many digits it has: of the years in which it is written. */
const countFormats: Readonly<Record<number, string>> = { 5: "excel", 10: "epoch", 13: "epoch-ms" }

const count = /^[+-]?\d+(?:\.\d+)?$/
const shortYear = /^\d{1,2}([./-])(?:\d{1,2}|[a-z]{3})\1\d{2}(?!\d)/i

const notRead = (text: string): Problem => {
  if (count.test(text)) {
    const format = countFormats[text.replace(/\..*/, "").length]
    const such = format === undefined ? "" : `, such as "${format}"`
    return new Problem(`is a number, not a date. Name its format in the mapping${such}`)
  }
  if (shortYear.test(text)) {
    return new Problem('has a year of two digits. Name its format in the mapping, such as "DD/MM/YY" or "MM/DD/YY"')
  }
  if (!/\d/.test(text)) {
    return new Problem('is no date. Where it stands for none, name it in the mapping under "null"')
  }
  return new Problem("is not a date of a known form, such as YYYY-MM-DD. Name its format in the mapping")
}

/** A reader of ISO 8601, of the other forms that have one meaning, and of what the mapping and the sample add. */
export const makeMomentReader = ({ format, order }: MomentReading): MomentReader => {
  const slashForms = (text: string) => readSlashes(text, order)
  const readers = [...(format === undefined ? [] : [format]), plainMoment, slashForms, readForms]
  const readOther = (text: string) => {
    const written = normalized(text)
    for (const read of readers) {
      const moment = read(written)
      if (moment !== undefined) return moment
    }
    return notRead(written)
  }
  if (format !== undefined) return readOther
  // Most texts are plain: these need no look at blanks.
  return (text) => {
    const moment = plainMoment(text) ?? slashForms(text)
    return moment === undefined ? readOther(text) : moment
  }
}

/**
 * The two numbers before the year of an `A/B/YYYY`, with or without a time: what a sample decides the order by;
 * undefined for every other text, and for one that is a date in neither order.
 */
export const slashesOf = (text: string): readonly [first: number, second: number] | undefined => {
  const written = normalized(text)
  const match = slashDate.exec(written)
  if (match === null) return undefined
  const [first, second, year] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const time = readTime(written.slice(match[0].length), "offset")
  if (time === undefined || time instanceof Problem) return undefined
  const exists = isCalendarDay(year, first, second) || isCalendarDay(year, second, first)
  return exists ? [first, second] : undefined
}
