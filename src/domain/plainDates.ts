// Which dates of a column are plain, where its mapping names a format that is read before the usual forms.

import { type SlashOrder, slashOrderOf } from "./dateFormat.ts"

const time = "(?:[T ]HH:mm(?::ss(?:\\.S+)?)?Z?)?"

/** What they match, the usual forms read as the same. */
const iso = new RegExp(`^YYYY-MM-DD${time}$`)
const slashes = new RegExp(`^(?:MM?/DD?|DD?/MM?)/YYYY${time}$`)

/** They match no date that begins with a year: a number, a month's name, or one or two digits and no other. */
const others = /^(?:epoch|epoch-ms|excel|MMMM?[^M]|(?:MM?|DD?)[^A-Za-z])/

/**
 * The order of `A/B/YYYY`, undefined where such a date is not plain; `false` where no date is: the format may read one
 * that begins with a year in another way.
 */
export const plainDates = (format: string | undefined, isMonthFirst: boolean): SlashOrder | undefined | false => {
  if (format === undefined) return isMonthFirst ? "M/D" : undefined
  const text = format.trim().replace(/\s+/g, " ")
  if (slashes.test(text)) return slashOrderOf(text)
  return iso.test(text) || others.test(text) ? undefined : false
}
