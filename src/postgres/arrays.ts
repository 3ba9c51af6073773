// Array parameters of statements.

import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"
import type { ColumnType } from "../domain/Column.ts"

/** With a named element type: the client cannot infer the type of an array of nulls. */
const array =
  <A>(oid: number) =>
  (values: ReadonlyArray<A | null>): PgTypes.Parameter =>
    Result.getOrThrow(PgTypes.array(values, oid))

export const texts = array<string>(PgTypes.OID.text)
export const booleans = array<boolean>(PgTypes.OID.bool)
export const doubles = array<number>(PgTypes.OID.float8)
export const bytes = array<Uint8Array>(PgTypes.OID.bytea)
/** In milliseconds since 1970: exact where they are whole seconds of the years 1 to 9999. */
export const timestamps = array<number>(PgTypes.OID.timestamptz)
export const smallIntegers = array<number>(PgTypes.OID.int4)
export const integers = (values: ReadonlyArray<number | null>): PgTypes.Parameter =>
  array<bigint>(PgTypes.OID.int8)(values.map((value) => (value === null ? null : BigInt(value))))

/** What is in arrays of a column's values: varchar without its length. */
export type ElementType = "text" | Extract<ColumnType, "date" | "boolean" | "jsonb">
export const elementType = (type: ColumnType): ElementType =>
  type === "date" || type === "boolean" || type === "jsonb" ? type : "text"

const elementOid: Record<ElementType, number> = {
  text: PgTypes.OID.text,
  date: PgTypes.OID.date,
  boolean: PgTypes.OID.bool,
  // Its text: the client would write that as JSON once more.
  jsonb: PgTypes.OID.text,
}

/** Values of a column of that type. */
export const columnArray = (type: ColumnType, values: ReadonlyArray<string | boolean | null>): PgTypes.Parameter =>
  array<string | boolean>(elementOid[elementType(type)])(values)
