// Which header of a file fills which column of `users`, as in `column_mappings.json`.

import { Brand, Predicate, Result, Runtime, Schema } from "effect"
import { decodeHeaders, type Entry, helpWith } from "./decodeHeaders.ts"
import type { FieldColumn } from "./fileColumns.ts"
import type { MappedColumn } from "./MappedColumn.ts"
import { isColumn, type Target } from "./Target.ts"

/** A column mapping is wrong, or files were loaded with another one. */
export class ColumnMappingError extends Schema.TaggedError<ColumnMappingError>()("ColumnMappingError", {
  /**
   * `invalid`: the mapping itself. `unfinished`: files started loading with another one. `loaded`: files were loaded with
   * another one.
   */
  reason: Schema.Literals(["invalid", "unfinished", "loaded"]),
  message: Schema.String,
  /** The file that the mapping was read from. */
  path: Schema.optionalKey(Schema.String),
  /** Of `invalid`: every problem of the mapping. */
  problems: Schema.Array(Schema.String),
  /** URIs of the files that were loaded with another one. */
  files: Schema.Array(Schema.String),
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/**
 * Header name in the file (trimmed) -> column of `users`, and how its text is read. `email` is present. Where several
 * headers have one column, a file has one of them. Made by `ColumnMapping.make`, or by `MappingFile.parse`.
 */
export type ColumnMapping = Brand.Branded<ReadonlyMap<string, MappedColumn>, "ColumnMapping">

const branded = Brand.nominal<ColumnMapping>()

/** The mapping of these entries, or every problem that they have. */
const decode = (columns: Iterable<Entry>): Result.Result<ColumnMapping, ReadonlyArray<string>> =>
  decodeHeaders([...columns]).pipe(
    Result.mapBoth({
      onSuccess: branded,
      onFailure: (problems) => [...problems.map(({ message }) => message), ...helpWith(problems)],
    }),
  )

/** Where a header's text goes, or an object that says how it is read too. */
export type Mapped = Target | MappedColumn

/**
 * The mapping with these columns, by the names of their headers in the files. Throws a `ColumnMappingError` that has
 * every problem: a mapping in a program is right or a mistake of its author, as with `Schema.make`. For a text from
 * outside, use `MappingFile.parse`.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * const mapping = ColumnMapping.make({
 *   "E-mail address": "email",
 *   Joined: { column: "created_at", format: "DD/MM/YYYY" },
 * })
 * ```
 */
export const make = (columns: Readonly<Record<string, Mapped>>): ColumnMapping =>
  Result.getOrThrowWith(decode(Object.entries(columns)), (problems) => {
    const message = `The column mapping is wrong: ${problems.join("; ")}`
    return new ColumnMappingError({ reason: "invalid", message, problems, files: [] })
  })

/** A header that fills a column of `users`. */
export interface OfColumn extends MappedColumn {
  readonly column: FieldColumn
}

/**
 * The headers that fill columns.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * const mapping = ColumnMapping.make({ Mail: "email", Phone: "extra.phone" })
 * ColumnMapping.columnsOf(mapping) // [["Mail", { column: "email" }]]
 * ```
 */
export const columnsOf = (mapping: ColumnMapping): ReadonlyArray<readonly [header: string, mapped: OfColumn]> =>
  [...mapping].filter((entry): entry is [string, OfColumn] => isColumn(entry[1].column))

/**
 * Whether a value is a valid column mapping: types alone do not keep a program in JavaScript from passing another.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * ColumnMapping.isColumnMapping(new Map()) // false: no header maps to email
 * ```
 */
export const isColumnMapping = (value: unknown): value is ColumnMapping =>
  value instanceof Map &&
  Array.from(value).every(
    ([header, mapped]) => typeof header === "string" && header.trim() === header && Predicate.isObject(mapped),
  ) &&
  Result.isSuccess(decode(value))

/**
 * The mapping as `make` takes it, and as a file has it.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * const json = JSON.stringify(ColumnMapping.toObject(ColumnMapping.make({ Mail: "email" })))
 * ```
 */
export const toObject = (mapping: ColumnMapping): Readonly<Record<string, Mapped>> =>
  Object.fromEntries(
    [...mapping].map(([header, mapped]) => [header, Object.keys(mapped).length === 1 ? mapped.column : mapped]),
  )
