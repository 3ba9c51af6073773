// What the values of a field are, in a few words.

import type { DayReading, Field, Kind, WordCount } from "../../../csv/inspect/findings.ts"
import { formatNumber, plural } from "../../../text/format.ts"

/** Words that are named. */
const mostWords = 4

const describeReading = (reading: DayReading): string => {
  switch (reading._tag) {
    case "usual":
      return "days"
    case "proved":
      return `days, ${reading.format}`
    case "choices":
      return `days, ${reading.formats.join(" or ")}?`
    case "none":
      return "days that no format reads"
  }
}

const describeWords = (words: ReadonlyArray<WordCount>): string => {
  const named = words.slice(0, mostWords).map(({ count, word }) => `${word} ${formatNumber(count)}`)
  return [...named, ...(words.length > mostWords ? [plural(words.length - mostWords, "other word")] : [])].join(", ")
}

const describeAddresses = ({ v4, v6, withPort }: Extract<Kind, { readonly _tag: "addresses" }>): string =>
  [
    v6 === 0 ? "IPv4" : v4 === 0 ? "IPv6" : `${formatNumber(v4)} IPv4, ${formatNumber(v6)} IPv6`,
    ...(withPort === 0 ? [] : [`${formatNumber(withPort)} with a port`]),
  ].join(", ")

/** By characters. */
const describeText = ({ longest, width }: Field): string => {
  const most = `up to ${formatNumber(longest)}`
  return width === null || longest <= width ? most : `${most}, more than ${width}`
}

const describe = (field: Field): string => {
  const { kind } = field
  switch (kind._tag) {
    case "empty":
      return "nothing"
    case "emails":
      return "e-mails"
    case "addresses":
      return `addresses: ${describeAddresses(kind)}`
    case "days":
      return describeReading(kind.reading)
    case "booleans":
      return describeWords(kind.words)
    case "numbers":
      return "numbers"
    case "json":
      return `JSON, ${describeText(field)}`
    case "text":
      return `text, ${describeText(field)}`
  }
}

/** Such as `text, up to 31; NULL 3`. */
export const describeKind = (field: Field): string =>
  [describe(field), ...(field.nullWords.length === 0 ? [] : [describeWords(field.nullWords)])].join("; ")
