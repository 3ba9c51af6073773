// The form of a date as a mapping gives it, such as `DD/MM/YYYY`.

import { isDayNumber, secondsPerDay } from "./calendar.ts"
import { monthNamed, monthPattern } from "./dateNames.ts"
import { type Moment, momentAt } from "./Moment.ts"
import { Problem } from "./Problem.ts"
import { firstInstant, offsetOf, readTime, type TimeOfDay, timeOf } from "./timeOfDay.ts"
import { dayOf, momentOn } from "./writtenDay.ts"

/**
 * Reads a text without blanks around it, and single blanks in it; undefined where the text is not of the form. What is
 * of the form has no other meaning: a day that does not exist is a problem.
 */
export type DateFormat = (text: string) => Moment | null | Problem | undefined

/** What a token stands for: a format has one of each at most. */
type Part = "year" | "month" | "day" | "hour" | "minute" | "second" | "fraction" | "half" | "zone"

interface Token {
  readonly part: Part
  readonly pattern: string
  /** Of digits. `loose`: one or two of them; two where a number is beside it. `open`: no number can follow. */
  readonly digits?: "fixed" | "loose" | "open"
}

const tokens: Readonly<Record<string, Token>> = {
  YYYY: { part: "year", pattern: "\\d{4}", digits: "fixed" },
  YY: { part: "year", pattern: "\\d{2}", digits: "fixed" },
  MMMM: { part: "month", pattern: monthPattern },
  MMM: { part: "month", pattern: monthPattern },
  MM: { part: "month", pattern: "\\d{1,2}", digits: "loose" },
  M: { part: "month", pattern: "\\d{1,2}", digits: "open" },
  DD: { part: "day", pattern: "\\d{1,2}", digits: "loose" },
  D: { part: "day", pattern: "\\d{1,2}", digits: "open" },
  HH: { part: "hour", pattern: "\\d{1,2}", digits: "loose" },
  H: { part: "hour", pattern: "\\d{1,2}", digits: "open" },
  hh: { part: "hour", pattern: "\\d{1,2}", digits: "loose" },
  h: { part: "hour", pattern: "\\d{1,2}", digits: "open" },
  mm: { part: "minute", pattern: "\\d{2}", digits: "fixed" },
  ss: { part: "second", pattern: "\\d{2}", digits: "fixed" },
  S: { part: "fraction", pattern: "\\d+", digits: "open" },
  A: { part: "half", pattern: "(?:AM|PM|A\\.M\\.|P\\.M\\.)" },
  Z: { part: "zone", pattern: "(?:Z|UTC|GMT|(?:UTC|GMT)?[+-]\\d{2}(?::?\\d{2})?)" },
}

const validTokens = `valid are ${Object.keys(tokens).join(", ")}, or epoch, epoch-ms or excel alone`

/** A run of one letter is a token, others are themselves, T too; a fraction may be `S` or `SSS`. */
const piecesOf = (format: string): ReadonlyArray<string> =>
  (format.match(/\d+|([a-zA-Z])\1*|[^]/gu) ?? []).map((piece) => (/^S+$/.test(piece) ? "S" : piece))

const tokenOf = (piece: string | undefined): Token | undefined =>
  piece !== undefined && Object.hasOwn(tokens, piece) ? tokens[piece] : undefined

const unknownPieces = (pieces: ReadonlyArray<string>): ReadonlyArray<string> =>
  pieces.filter((piece) => /^[a-z\d]/i.test(piece) && piece !== "T" && tokenOf(piece) === undefined)

const problemOf = (pieces: ReadonlyArray<string>): string | undefined => {
  const [unknown] = unknownPieces(pieces)
  if (unknown !== undefined) return `has ${JSON.stringify(unknown)}, which is no token: ${validTokens}`
  const found = new Map<Part, string>()
  for (const [index, piece] of pieces.entries()) {
    const token = tokenOf(piece)
    if (token === undefined) continue
    const other = found.get(token.part)
    if (other !== undefined) return `has two tokens for the ${token.part}, ${other} and ${piece}`
    found.set(token.part, piece)
    const next = pieces[index + 1]
    if (token.digits === "open" && tokenOf(next)?.digits !== undefined) {
      return `has nothing between ${piece} and ${next}, which shows where the first one ends`
    }
  }
  for (const [part, names] of [
    ["year", "YYYY or YY"],
    ["month", "MM, M, MMM or MMMM"],
    ["day", "DD or D"],
  ] as const) {
    if (!found.has(part)) return `has no ${part}: ${names}`
  }
  const isHourOf12 = found.get("hour")?.startsWith("h") ?? false
  if (isHourOf12 !== found.has("half")) return "has only one of hh and A, which need each other; HH is an hour of 24"
  for (const [part, before, name] of [
    ["minute", "hour", "HH or hh"],
    ["second", "minute", "mm"],
    ["fraction", "second", "ss"],
  ] as const) {
    if (found.has(part) && !found.has(before)) return `has ${found.get(part)}, but no ${before}: ${name}`
  }
  return undefined
}

const escaped = (literal: string): string => literal.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&")

const patternOf = (pieces: ReadonlyArray<string>): RegExp => {
  const parts = pieces.map((piece, index) => {
    const token = tokenOf(piece)
    if (token === undefined) return escaped(piece)
    const isBesideNumber = [pieces[index - 1], pieces[index + 1]].some(
      (beside) => tokenOf(beside)?.digits !== undefined,
    )
    return `(?<${token.part}>${token.digits === "loose" && isBesideNumber ? "\\d{2}" : token.pattern})`
  })
  return new RegExp(`^${parts.join("")}(?!\\d)`, "i")
}

const yearOf = (digits: string): number => {
  const year = Number(digits)
  if (digits.length === 4) return year
  return year >= 69 ? 1900 + year : 2000 + year
}

type Found = Readonly<Partial<Record<Part, string>>>

/** The time that the format has, and what it lacks as after any date; undefined where more follows. */
const timeOfFound = ({ hour, minute, second, fraction, half, zone }: Found, rest: string) => {
  if (zone !== undefined && rest !== "") return undefined
  if (hour === undefined && zone === undefined) return readTime(rest, "offset")
  const offset = offsetOf(zone ?? rest, "offset")
  if (typeof offset !== "number") return offset
  const time: TimeOfDay | Problem =
    hour === undefined ? firstInstant : timeOf({ hour, minute, second, fraction, half: half?.[0] }, 0)
  return time instanceof Problem ? time : { seconds: time.seconds - offset, micros: time.micros }
}

const readAs =
  (format: string, pattern: RegExp): DateFormat =>
  (text) => {
    const match = pattern.exec(text)
    if (match === null) return undefined
    const found: Found = match.groups!
    const month = /^\d/.test(found.month!) ? Number(found.month) : monthNamed(found.month!)
    const time = timeOfFound(found, text.slice(match[0].length))
    return time === undefined ? undefined : momentOn(dayOf(yearOf(found.year!), month, Number(found.day), format), time)
  }

/** A moment of the years 1 to 9999, or a problem. */
const momentOfCount = (seconds: number, micros: number, order: string): Moment | Problem =>
  isDayNumber(Math.floor(seconds / secondsPerDay))
    ? momentAt(seconds, micros)
    : new Problem(`is not a valid date (read as ${order})`)

const epoch: DateFormat = (text) => {
  const match = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(text)
  if (match === null) return undefined
  const micros = Number((match[3] ?? "").slice(0, 6).padEnd(6, "0"))
  const seconds = Number(match[2])
  if (match[1] === "") return momentOfCount(seconds, micros, "seconds since 1970")
  return micros === 0
    ? momentOfCount(0 - seconds, 0, "seconds since 1970")
    : momentOfCount(-seconds - 1, 1_000_000 - micros, "seconds since 1970")
}

const epochMs: DateFormat = (text) => {
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,3})\d*)?$/.exec(text)
  if (match === null) return undefined
  const millis = (match[1] === "" ? 1 : -1) * Number(match[2])
  const micros = (match[1] === "" ? 1 : -1) * Number((match[3] ?? "").padEnd(3, "0"))
  const seconds = Math.floor((millis * 1000 + micros) / 1_000_000)
  return momentOfCount(seconds, (millis - seconds * 1000) * 1000 + micros, "milliseconds since 1970")
}

/** 1899-12-30, day 0 of a spreadsheet. */
const excelStart = -25_569

/** A spreadsheet's time is a fraction of a day in binary: it has no more than milliseconds. */
const excel: DateFormat = (text) => {
  if (!/^\d{1,7}(?:\.\d+)?$/.test(text)) return undefined
  const millis = Math.round((Number(text) + excelStart) * secondsPerDay * 1000)
  const seconds = Math.floor(millis / 1000)
  return momentOfCount(seconds, (millis - seconds * 1000) * 1000, "days since 1899-12-30")
}

const counts = new Map<string, DateFormat>([
  ["epoch", epoch],
  ["epoch-ms", epochMs],
  ["excel", excel],
])

/**
 * Compiles the format of a mapping. A problem says what is wrong with it: a piece that is no token, a part of a date
 * that is missing or twice there.
 */
export const parseDateFormat = (format: string): DateFormat | Problem => {
  const text = format.trim().replace(/\s+/g, " ")
  const count = counts.get(text)
  if (count !== undefined) return count
  const pieces = piecesOf(text)
  const problem = problemOf(pieces)
  return problem === undefined ? readAs(text, patternOf(pieces)) : new Problem(problem)
}

/** What `A/B/YYYY` means: month and day, or day and month. */
export type SlashOrder = "M/D" | "D/M"

/** The order that a format names by its own slashes: other dates of its column have it too. */
export const slashOrderOf = (format: string): SlashOrder | undefined =>
  /^\s*MM?\/DD?\/YY/.test(format) ? "M/D" : /^\s*DD?\/MM?\/YY/.test(format) ? "D/M" : undefined
