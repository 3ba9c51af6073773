// What is kept of the texts of one field, from one pass over the records of a sample.

import { isNullWord } from "../../domain/nullWords.ts"
import { slashesOf } from "../../domain/momentReader.ts"

/** A text of the file, as it is. */
export interface TextAt {
  readonly text: string
  readonly line: number
}

interface Counted {
  readonly word: string
  count: number
}

/** Texts that are kept to find what they are. */
const mostKept = 10_000

/** Different texts that are kept to be shown. */
const mostShown = 3

/** Different words that a field of words has, and how long they are. */
const mostWords = 20
const longestWord = 40

const slash = 0x2f

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

const countIn = (words: Map<string, Counted>, text: string): void => {
  const key = text.trim().toLowerCase()
  const known = words.get(key)
  if (known === undefined) words.set(key, { word: text.trim(), count: 1 })
  else known.count++
}

/** An order of A/B/YYYY: how many values show it, and the first. */
export interface Shown {
  readonly first: TextAt
  count: number
}

/** The orders that values of the form A/B/YYYY show. */
export type Orders = Partial<Record<"dayFirst" | "monthFirst" | "either", Shown>>

export class FieldFacts {
  /** Records with text in the field, words for nothing included. */
  filled = 0
  /** Code points. */
  longest = 0
  readonly shown = new Set<string>()
  readonly nullWords = new Map<string, Counted>()
  /** The words of the field, in lower case; undefined: it has more, or longer ones, than fields of words have. */
  words: Map<string, Counted> | undefined = new Map()
  readonly orders: Orders = {}

  private texts: Array<TextAt> = []
  /** Every so many texts one is kept. */
  private step = 1
  private seen = 0

  /** Every text of a sample comes here. */
  add(text: string, line: number): void {
    if (text === "") return
    this.filled++
    if (this.shown.size < mostShown) this.shown.add(text)
    if (text.length > this.longest) this.longest = Math.max(this.longest, codePoints(text))
    if (isNullWord(text)) return countIn(this.nullWords, text)
    if (this.words !== undefined) {
      countIn(this.words, text)
      if (this.words.size > mostWords || text.length > longestWord) this.words = undefined
    }
    if (text.charCodeAt(1) === slash || text.charCodeAt(2) === slash) this.addOrder(text, line)
    this.keep(text, line)
  }

  /** Texts that are no words for nothing: at most 10,000, evenly spread, and those that show an order of dates. */
  get kept(): ReadonlyArray<TextAt> {
    const orders = Object.values(this.orders).map(({ first }) => first)
    return [...this.texts, ...orders.filter((order) => !this.texts.some(({ line }) => line === order.line))]
  }

  private keep(text: string, line: number): void {
    if (this.seen++ % this.step !== 0) return
    this.texts.push({ text, line })
    if (this.texts.length < mostKept) return
    this.texts = this.texts.filter((_, index) => index % 2 === 0)
    this.step *= 2
  }

  private addOrder(text: string, line: number): void {
    const [first, second] = slashesOf(text) ?? [0, 0]
    if (first === second) return
    const order = first > 12 ? "dayFirst" : second > 12 ? "monthFirst" : "either"
    const known = this.orders[order]
    if (known === undefined) this.orders[order] = { first: { text, line }, count: 1 }
    else known.count++
  }
}
