// The English names of months and weekdays, short and long, as texts of dates have them.

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]
const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** What a pattern needs to match a name in any case: its first three letters, or all of it. */
const patternOf = (names: ReadonlyArray<string>): string =>
  names.map((name) => (name.length === 3 ? name : `${name.slice(0, 3)}(?:${name.slice(3)})?`)).join("|")

/** Matches what `monthNamed` reads, where case does not matter. Has no group. */
export const monthPattern = `(?:Sept|${patternOf(months)})`

/** Matches what `weekdayNamed` reads, where case does not matter. Has no group. */
export const weekdayPattern = `(?:${patternOf(weekdays)})`

const numbersOf = (names: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  new Map(names.map((name, index) => [name.slice(0, 3).toLowerCase(), index + 1]))

const monthNumbers = numbersOf(months)
const weekdayNumbers = numbersOf(weekdays)

/** January is 1. */
export const monthNamed = (name: string): number => monthNumbers.get(name.slice(0, 3).toLowerCase())!

/** Monday is 1. */
export const weekdayNamed = (name: string): number => weekdayNumbers.get(name.slice(0, 3).toLowerCase())!
