// Decodes the records of a load to users, as its mapping and its format say.

import { Record, Result, Schema } from "effect"
import { printable } from "../text/printable.ts"
import { type Reading, updateParser } from "./Column.ts"
import { type ColumnMapping, columnsOf } from "./ColumnMapping.ts"
import { detailOf, readOwnExtra } from "./extraText.ts"
import { fileColumns, type UserColumn, userColumns } from "./fileColumns.ts"
import type { Format } from "./Format.ts"
import type { Instant, Moment } from "./Moment.ts"
import { Problem } from "./Problem.ts"
import type { Reason } from "./Reject.ts"
import { decodedBy, type MappedRecord, reasonsOf, type User } from "./User.ts"

/** What a record's text is decoded to. */
export interface DecodedUser {
  readonly user: User
  /** The instant of `updated_at`; undefined: the first one of its day, or none. */
  readonly instant: Instant | undefined
  /** The values that cannot be used and are null instead; undefined: none. */
  readonly blanked?: ReadonlyArray<Reason>
}

export type UserDecoder = (record: MappedRecord) => Result.Result<DecodedUser, ReadonlyArray<Reason>>

/** A record without an e-mail has no user; one without its `updated_at` would lose to older versions. */
const neverBlanked: ReadonlyArray<UserColumn> = ["email", "updated_at"]

const mostCharacters = 40

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`

/** Cut between two characters: PostgreSQL refuses half of one. Joined, as a slice would keep the whole text in memory. */
const shown = (text: string): string => {
  const first = Array.from(text.slice(0, 2 * mostCharacters + 1))
  const cut = first.length > mostCharacters ? `${first.slice(0, mostCharacters).join("")}...` : first.join("")
  // What cannot be seen may be what is wrong.
  return printable(cut).replaceAll(/\p{Default_Ignorable_Code_Point}/gu, escaped)
}

/** The reason with the text at fault, unless that is a secret or empty. Of `extra` it has the field, or the sizes. */
const withValue = (reason: Reason, record: MappedRecord): Reason => {
  const { column } = reason
  const name = userColumns.find((candidate) => candidate === column)
  const detail = name === "extra" ? detailOf(record.extra) : undefined
  if (detail !== undefined) return { ...reason, detail }
  if (name === undefined || fileColumns[name].isSecret || record[name] === "") return reason
  return { ...reason, value: shown(record[name]) }
}

/** The values of columns before the problems are taken out. */
type Values = { -readonly [Column in UserColumn]: User[Column] | Problem }

/** How each column's text is read. */
export const readingsOf = (
  mapping: ColumnMapping,
  { monthFirst, nullWords, widths }: Format,
): Readonly<Record<UserColumn, Reading>> => {
  const said = new Map<UserColumn, Reading["said"]>(columnsOf(mapping).map(([, mapped]) => [mapped.column, mapped]))
  return Record.map(fileColumns, (_, column) => ({
    said: said.get(column) ?? {},
    nullWords,
    isMonthFirst: monthFirst.some((name) => name === column),
    width: widths[column],
  }))
}

const makeDecoder = (readings: Readonly<Record<UserColumn, Reading>>, blanks: boolean): UserDecoder => {
  const parsers = {
    ...Record.map(fileColumns, ({ parser }, column) => parser(readings[column])),
    updated_at: updateParser(readings.updated_at),
    extra: readOwnExtra,
  }
  const decode = Schema.decodeUnknownResult(decodedBy(parsers, blanks ? neverBlanked : userColumns))

  const blank = (values: Values, record: MappedRecord): ReadonlyArray<Reason> | undefined => {
    let blanked: Array<Reason> | undefined
    for (const column of userColumns) {
      const value = values[column]
      if (!(value instanceof Problem)) continue
      Object.assign(values, { [column]: null })
      ;(blanked ??= []).push(withValue({ column, message: value.message }, record))
    }
    return blanked
  }

  return (record) => {
    const decoded = decode(record)
    if (Result.isFailure(decoded)) {
      return Result.fail(reasonsOf(decoded.failure).map((reason) => withValue(reason, record)))
    }
    const update = decoded.success.updated_at as Moment | string | null
    const moment = update === null || typeof update === "string" ? undefined : update
    // Ours alone: a copy of the other columns would take more time than decoding them.
    const values = decoded.success as Values
    if (moment !== undefined) values.updated_at = moment.day
    const blanked = blanks ? blank(values, record) : undefined
    const user = values as User
    return Result.succeed(blanked === undefined ? { user, instant: moment } : { user, instant: moment, blanked })
  }
}

/** Each is compiled, and gets fast by use: files of one kind share it. */
const decoders = new Map<string, UserDecoder>()
const mostDecoders = 16

/**
 * What decodes the records of a load. A record fails with every reason; with `badValues: "null"` its values that cannot be
 * used are null instead.
 */
export const userDecoder = (mapping: ColumnMapping, format: Format): UserDecoder => {
  const readings = readingsOf(mapping, format)
  const blanks = format.badValues === "null"
  const key = JSON.stringify([readings, blanks])
  const decoder = decoders.get(key) ?? makeDecoder(readings, blanks)
  decoders.delete(key)
  decoders.set(key, decoder)
  for (const oldest of decoders.keys()) {
    if (decoders.size <= mostDecoders) break
    decoders.delete(oldest)
  }
  return decoder
}
