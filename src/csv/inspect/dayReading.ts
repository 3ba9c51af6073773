// By which format the dates of a field are read: none, one that its values prove, or one of several.

import { parseDateFormat, slashOrderOf } from "../../domain/dateFormat.ts"
import { makeMomentReader } from "../../domain/momentReader.ts"
import { Problem } from "../../domain/Problem.ts"
import type { DayReading } from "./findings.ts"

/** Whether a text is read as a moment, or as none. */
type Reads = (text: string) => boolean

const readsAs = (name: string | undefined): Reads => {
  const format = name === undefined ? undefined : parseDateFormat(name)
  // Those below are formats.
  if (format instanceof Problem) return () => false
  const read = makeMomentReader({ format, order: name === undefined ? undefined : slashOrderOf(name) })
  return (text) => !(read(text) instanceof Problem)
}

/** Whether a text is read without a format. */
export const readsUsually: Reads = readsAs(undefined)

/** Numbers that count something since a day could count anything: only those of our time are taken. */
const counts: Readonly<Record<string, RegExp>> = {
  // From 2001 to 2286.
  epoch: /^\d{10}(?:\.\d+)?$/,
  "epoch-ms": /^\d{13}$/,
  // From 1954 to 2064.
  excel: /^[2-5]\d{4}(?:\.\d+)?$/,
}

const written = [
  "MM/DD/YYYY",
  "DD/MM/YYYY",
  "MM/DD/YY",
  "DD/MM/YY",
  "DD.MM.YY",
  "DD-MM-YYYY",
  "MM-DD-YYYY",
  "DD-MM-YY",
  "MM-DD-YY",
  "DD-MMM-YY",
  "DD MMM YY",
  "MM.DD.YYYY",
  "YY-MM-DD",
  "YY/MM/DD",
  "YY.MM.DD",
]

const formats: ReadonlyArray<readonly [name: string, reads: Reads]> = [
  ...written.map((name) => [name, readsAs(name)] as const),
  ...Object.entries(counts).map(
    ([name, shape]) => [name, (text: string) => shape.test(text.trim()) || readsUsually(text)] as const,
  ),
]

/** Whether what the texts begin with may be a year: it has no more values than what their dates end with. */
const mayBeginWithYear = (texts: ReadonlyArray<string>): boolean => {
  const parts = texts.flatMap((text) => {
    const [, first, last] = /^\s*(\d{1,2})\D\d{1,2}\D(\d{1,2})(?!\d)/.exec(text) ?? []
    return first === undefined ? [] : { first, last }
  })
  return new Set(parts.map(({ first }) => first)).size <= new Set(parts.map(({ last }) => last)).size
}

/** The texts that a format reads, by their indexes. */
interface Tried {
  readonly name: string
  readonly read: ReadonlySet<number>
}

/** A format is proved although some values show another one: one for so many that show it. */
const brokenPer = 20

const countOnlyIn = ({ read }: Tried, { read: others }: Tried): number => {
  let count = 0
  for (const index of read) if (!others.has(index)) count++
  return count
}

const areOpposite = (left: Tried, right: Tried): boolean => {
  const [order, other] = [slashOrderOf(left.name), slashOrderOf(right.name)]
  return order !== undefined && other !== undefined && order !== other
}

/** Of texts that are not empty, and no words for nothing. */
export const readingOf = (texts: ReadonlyArray<string>): DayReading => {
  const usual = texts.filter(readsUsually).length
  if (usual === texts.length) return { _tag: "usual" }
  const indexes = [...texts.keys()]
  const isYearFirst = mayBeginWithYear(texts)
  const better = formats
    .filter(([name]) => isYearFirst || !/^YY\W/.test(name))
    .map(([name, reads]): Tried => ({ name, read: new Set(indexes.filter((index) => reads(texts[index]!))) }))
    .filter(({ read }) => read.size > usual)
    .toSorted((left, right) => right.read.size - left.read.size)
  const [best] = better
  if (best === undefined || best.read.size * 2 <= texts.length) {
    return { _tag: usual * 2 > texts.length ? "usual" : "none" }
  }
  /** Whether it may be meant: as many values show it, or some the other order of month and day. */
  const isAsGood = (other: Tried): boolean =>
    countOnlyIn(other, best) * brokenPer >= countOnlyIn(best, other) &&
    (areOpposite(other, best) || (other.read.size - usual) * 2 >= best.read.size - usual)
  const asGood = better.filter(isAsGood).map(({ name }) => name)
  // Years of four digits are read under both.
  const meant = asGood.filter((name) => !asGood.includes(`${name}YY`))
  return meant.length === 1 && meant[0] !== "excel"
    ? { _tag: "proved", format: meant[0]! }
    : { _tag: "choices", formats: meant }
}
