// Which header of a file fills which column of `users`, as in `column_mappings.json`.

import { type Brand, Effect, Runtime, Schema } from "effect"
import { type UserColumn, userColumns } from "./User.ts"

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
 * Header name in the file (trimmed) -> column of `users`. `email` is present; no column appears twice. Made by `make`
 * or `parse`.
 */
export type ColumnMapping = Brand.Branded<ReadonlyMap<string, UserColumn>, "ColumnMapping">

type Entries = ReadonlyArray<readonly [header: string, column: unknown]>

const problemsOf = (entries: Entries): ReadonlyArray<string> => {
  const found: Array<string> = []
  const headers = new Map<UserColumn, string>()
  const names = new Set<string>()
  let areAllKnown = true
  for (const [header, column] of entries) {
    const name = header.trim()
    if (name === "") found.push("a header name is empty")
    else if (names.has(name)) found.push(`header "${name}" appears twice (spaces around a name are ignored)`)
    names.add(name)
    const known = userColumns.find((candidate) => candidate === column)
    if (known === undefined) {
      found.push(`"${header}": ${JSON.stringify(column)} is not a column`)
      areAllKnown = false
      continue
    }
    const other = headers.get(known)
    if (other === undefined) headers.set(known, header)
    else found.push(`"${other}" and "${header}" both map to ${known}`)
  }
  if (!headers.has("email")) found.push("no header maps to email, the key of the users")
  if (!areAllKnown) found.push(`valid columns are ${userColumns.join(", ")}`)
  return found
}

const fromEntries = (entries: Entries): ColumnMapping =>
  new Map(entries.map(([header, column]) => [header.trim(), column as UserColumn])) as ReadonlyMap<
    string,
    UserColumn
  > as ColumnMapping

/**
 * The mapping with these columns, by the names of their headers in the files. Throws a `ColumnMappingError` that has
 * every problem: a mapping in a program is right or a mistake of its author, as with `Schema.make`. For a text from
 * outside, use `parse`.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * const mapping = ColumnMapping.make({ "E-mail address": "email", "First name": "first_name" })
 * ```
 */
export const make = (columns: Readonly<Record<string, UserColumn>>): ColumnMapping => {
  const entries = Object.entries(columns)
  const problems = problemsOf(entries)
  if (problems.length === 0) return fromEntries(entries)
  const message = `The column mapping is wrong: ${problems.join("; ")}`
  throw new ColumnMappingError({ reason: "invalid", message, problems, files: [] })
}

const decodeObject = Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.Unknown))

/**
 * Parses the JSON text of a column mapping: an object, header name in the files -> column of `users`. The error has
 * every problem, and names `path`, where the text comes from.
 *
 * @example
 * ```ts
 * import { ColumnMapping } from "user-activity-etl"
 *
 * const mapping = ColumnMapping.parse("column_mappings.json", '{ "Mail": "email" }')
 * ```
 */
export const parse: (path: string, json: string) => Effect.Effect<ColumnMapping, ColumnMappingError> =
  Effect.fnUntraced(function* (path, json) {
    const invalid = (problems: ReadonlyArray<string>, message: string) =>
      new ColumnMappingError({ reason: "invalid", path, problems, files: [], message })
    const fail = (problem: string) => invalid([problem], `${path} ${problem}`)
    const value = yield* Effect.try({
      try: (): unknown => JSON.parse(json),
      catch: (error) => fail(`is not JSON: ${(error as SyntaxError).message}`),
    })
    const record = yield* decodeObject(value).pipe(
      Effect.mapError(() => fail('is not a JSON object of the form { "header in the file": "column of users" }')),
    )
    const entries = Object.entries(record)
    const problems = problemsOf(entries)
    if (problems.length > 0) return yield* invalid(problems, `${path}: ${problems.join("; ")}`)
    return fromEntries(entries)
  })

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
  Array.from(value.keys()).every((header) => typeof header === "string" && header.trim() === header) &&
  problemsOf([...value]).length === 0
