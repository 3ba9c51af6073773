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
export const dates = array<string>(PgTypes.OID.date)
export const smallIntegers = array<number>(PgTypes.OID.int4)
export const integers = (values: ReadonlyArray<number | null>): PgTypes.Parameter =>
  array<bigint>(PgTypes.OID.int8)(values.map((value) => (value === null ? null : BigInt(value))))

/** What is in arrays of a column's values: varchar without its length. */
export type ElementType = "text" | Extract<ColumnType, "date" | "boolean" | "jsonb">
export const elementType = (type: ColumnType): ElementType =>
  type === "date" || type === "boolean" || type === "jsonb" ? type : "text"
