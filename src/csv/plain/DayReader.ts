// Reads the bytes of a day, with or without a time: the forms that nearly all files have.

import { dayNumber, isCalendarDay, secondsPerDay } from "../../domain/calendar.ts"
import type { SlashOrder } from "../../domain/dateFormat.ts"

/** So far below 0 that what is reckoned with it is less than 0 too. */
const notDigits = -1_000_000

/** Microseconds of one in the last of so many digits of a fraction. */
const unitOf = [0, 100_000, 10_000, 1000, 100, 10, 1]

const dash = 0x2d
const slash = 0x2f
const colon = 0x3a
const point = 0x2e
const plus = 0x2b

/** The number of two digits; less than 0 where they are none. */
const pair = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  // One comparison for four.
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? notDigits : tens * 10 + ones
}

/** Keeps what it read last: a result that is an object would cost more than reading. */
export class DayReader {
  /** The number of the day as it is written, since 1970-01-01. */
  day = 0
  /** The instant: seconds after the first one of that day in UTC, and microseconds after them. */
  seconds = 0
  micros = 0
  private readonly order: SlashOrder | undefined
  /** Where the date ends. */
  private at = 0

  /** `order` is that of `A/B/YYYY`; undefined: it is not known. */
  constructor(order: SlashOrder | undefined) {
    this.order = order
  }

  /** Whether the bytes are certainly a moment: `plainMoment` says which, but for a leap second. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.seconds = this.micros = 0
    if (!this.readIso(bytes, start, end) && !this.readSlashes(bytes, start, end)) return false
    return this.at === end || this.readTime(bytes, this.at, end)
  }

  /** Since 1970. */
  get instant(): number {
    return this.day * secondsPerDay + this.seconds
  }

  private readIso(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 10 || bytes[start + 4] !== dash || bytes[start + 7] !== dash) return false
    this.at = start + 10
    const year = pair(bytes, start) * 100 + pair(bytes, start + 2)
    return this.take(year, pair(bytes, start + 5), pair(bytes, start + 8))
  }

  private readSlashes(bytes: Uint8Array, start: number, end: number): boolean {
    const { order } = this
    if (order === undefined || end - start < 8) return false
    const first = this.readNumber(bytes, start)
    const second = this.readNumber(bytes, this.at)
    const year = this.at
    if (first < 0 || second < 0 || end - year < 4) return false
    this.at = year + 4
    const number = pair(bytes, year) * 100 + pair(bytes, year + 2)
    return order === "M/D" ? this.take(number, first, second) : this.take(number, second, first)
  }

  /** A number of one or two digits and a slash. */
  private readNumber(bytes: Uint8Array, start: number): number {
    const isShort = bytes[start + 1] === slash
    this.at = start + (isShort ? 2 : 3)
    if (!isShort) return bytes[start + 2] === slash ? pair(bytes, start) : notDigits
    const digit = bytes[start]! - 48
    return digit > 9 ? notDigits : digit
  }

  private take(year: number, month: number, day: number): boolean {
    // The year 1 has a day that stands for none.
    if (year <= 1 || !isCalendarDay(year, month, day)) return false
    this.day = dayNumber(year, month, day)
    return true
  }

  /** `THH:MM` with T or a space, seconds and their fraction, and a zone. */
  private readTime(bytes: Uint8Array, start: number, end: number): boolean {
    const separator = bytes[start]
    if (end - start < 6 || (separator !== 0x54 && separator !== 0x20) || bytes[start + 3] !== colon) return false
    const hour = pair(bytes, start + 1)
    const minute = pair(bytes, start + 4)
    let second = 0
    this.at = start + 6
    if (end - start >= 9 && bytes[this.at] === colon) {
      second = pair(bytes, start + 7)
      this.at = start + 9
      if (this.at < end && bytes[this.at] === point && !this.readFraction(bytes, end)) return false
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false
    this.seconds = hour * 3600 + minute * 60 + second
    return this.readZone(bytes, this.at, end)
  }

  /** Digits after the sixth are cut. */
  private readFraction(bytes: Uint8Array, end: number): boolean {
    const first = this.at + 1
    let micros = 0
    let at = first
    for (; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit < 0 || digit > 9) break
      if (at - first < 6) micros = micros * 10 + digit
    }
    this.at = at
    this.micros = micros * unitOf[Math.min(at - first, 6)]!
    return at > first
  }

  /** Nothing, Z or `+HH:MM`. */
  private readZone(bytes: Uint8Array, at: number, end: number): boolean {
    if (at === end) return true
    const sign = bytes[at]
    if (end - at === 1) return sign === 0x5a
    if (end - at !== 6 || (sign !== plus && sign !== dash) || bytes[at + 3] !== colon) return false
    const hours = pair(bytes, at + 1)
    const minutes = pair(bytes, at + 4)
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false
    const offset = hours * 3600 + minutes * 60
    this.seconds -= sign === plus ? offset : -offset
    return true
  }
}
