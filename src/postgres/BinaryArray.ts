// An array in PostgreSQL's binary form: what a parameter's value may be where the client's types take bytes.

import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"
import { secondsPerDay } from "../domain/calendar.ts"

const { OID } = PgTypes

const types = {
  text: { oid: OID.textArray, element: OID.text },
  date: { oid: OID.dateArray, element: OID.date },
  boolean: { oid: OID.boolArray, element: OID.bool },
  integer: { oid: OID.int4Array, element: OID.int4 },
  bigint: { oid: OID.int8Array, element: OID.int8 },
  float8: { oid: OID.float8Array, element: OID.float8 },
  timestamptz: { oid: OID.timestamptzArray, element: OID.timestamptz },
} as const

const probe = new Uint8Array()

const takes = (registry: PgTypes.Registry, oid: number): boolean => {
  try {
    return Result.getOrUndefined(PgTypes.encode(probe, oid, registry)) === probe
  } catch {
    return false
  }
}

/** Whether a client's types take these arrays as bytes: those of `PgServer` and `PgEmbedded` do. */
export const takesBytes = (registry: PgTypes.Registry | undefined): boolean =>
  registry !== undefined && Object.values(types).every(({ oid }) => takes(registry, oid))

const headerSize = 20
const lengthSize = 4
const isNull = -1

/** From where PostgreSQL counts days and instants, 2000-01-01: a day and a second since 1970-01-01. */
const firstDay = 10_957
const firstSecond = firstDay * secondsPerDay

/** Shorter texts are copied faster by a loop: half of the time for those of users. */
const shortText = 32

const half = 2 ** 32
const quarter = 2 ** 16

/**
 * An array of one dimension. A header: how many dimensions, whether nulls may come, the elements' type, how many, and the
 * first one's index; then each element's length and bytes. All numbers are `int32`, big-endian: a statement
 * has thousands of users, of 8 MiB at most.
 */
export class BinaryArray {
  readonly #oid: number
  readonly #bytes: Buffer
  readonly #view: DataView
  #to = headerSize

  /** With room for `count` elements of `size` bytes altogether, at most. */
  constructor(type: keyof typeof types, count: number, size: number) {
    const { element, oid } = types[type]
    this.#oid = oid
    this.#bytes = Buffer.allocUnsafeSlow(headerSize + count * lengthSize + size)
    this.#view = new DataView(this.#bytes.buffer)
    this.#view.setInt32(0, 1)
    this.#view.setInt32(4, 1)
    this.#view.setInt32(8, element)
    this.#view.setInt32(12, count)
    this.#view.setInt32(16, 1)
  }

  get parameter(): PgTypes.Parameter {
    const value = this.#bytes.subarray(0, this.#to)
    return { [PgTypes.ParameterTypeId]: PgTypes.ParameterTypeId, oid: this.#oid, value }
  }

  addNull(): void {
    this.#view.setInt32(this.#to, isNull)
    this.#to += lengthSize
  }

  /** UTF-8. */
  addText(from: Buffer, start: number, length: number): void {
    const bytes = this.#bytes
    this.#view.setInt32(this.#to, length)
    const to = this.#to + lengthSize
    if (length <= shortText) for (let index = 0; index < length; index++) bytes[to + index] = from[start + index]!
    else from.copy(bytes, to, start, start + length)
    this.#to = to + length
  }

  addBoolean(value: number): void {
    this.#view.setInt32(this.#to, 1)
    this.#view.setUint8(this.#to + lengthSize, value)
    this.#to += lengthSize + 1
  }

  addInteger(value: number): void {
    this.#view.setInt32(this.#to, 4)
    this.#view.setInt32(this.#to + lengthSize, value)
    this.#to += lengthSize + 4
  }

  addDouble(value: number): void {
    this.#view.setInt32(this.#to, 8)
    this.#view.setFloat64(this.#to + lengthSize, value)
    this.#to += lengthSize + 8
  }

  /** A day since 1970-01-01. */
  addDay(day: number): void {
    this.addInteger(day - firstDay)
  }

  /** A whole number that a `number` holds exactly. */
  addBigint(value: number): void {
    const high = Math.floor(value / half)
    this.#addHalves(high, value - high * half)
  }

  /** Seconds since 1970-01-01, of any year, and microseconds: together more than a `number` holds exactly, no step is. */
  addInstant(seconds: number, micros: number): void {
    const sinceFirst = seconds - firstSecond
    const upper = Math.floor(sinceFirst / quarter)
    const upperMicros = upper * 1_000_000
    const high = Math.floor(upperMicros / quarter)
    const low = (upperMicros - high * quarter) * quarter + (sinceFirst - upper * quarter) * 1_000_000 + micros
    const carried = Math.floor(low / half)
    this.#addHalves(high + carried, low - carried * half)
  }

  #addHalves(high: number, low: number): void {
    this.#view.setInt32(this.#to, 8)
    this.#view.setInt32(this.#to + lengthSize, high)
    this.#view.setUint32(this.#to + lengthSize + 4, low)
    this.#to += lengthSize + 8
  }
}
