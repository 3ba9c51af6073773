// Which header of a file fills which column of `users`, as in `column_mappings.json`.

import { type Brand, Effect, Predicate, Result, Runtime, Schema, SchemaIssue } from "effect"
import { type FieldColumn, fieldColumns } from "./fileColumns.ts"
import { MappedColumn } from "./MappedColumn.ts"
import { isColumn, problemOfTarget, type Target } from "./Target.ts"

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
 * headers have one column, a file has one of them. Made by `make` or `parse`.
 */
export type ColumnMapping = Brand.Branded<ReadonlyMap<string, MappedColumn>, "ColumnMapping">

type Entries = ReadonlyArray<readonly [header: string, said: unknown]>

/** What is said of a header, before it is checked. */
interface Said {
  readonly column?: unknown
}

/** A column's name stands for the column of which no more is said. */
const toMapped = (said: unknown): Said => (Predicate.isObject(said) ? said : { column: said })

const decodeMapped = Schema.decodeUnknownResult(MappedColumn, { errors: "all", onExcessProperty: "error" })
const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** The problems of what is said of a header, but for its column. */
const problemsOfMapped = (header: string, { issue }: Schema.SchemaError): ReadonlyArray<string> =>
  standardIssues(issue).issues.flatMap(({ message, path = [] }) => {
    const key = path.map(String).join(".")
    return key === "column" ? [] : `"${header}": ${`${key} ${message}`.trim()}`
  })

/** The mapping of these entries, or every problem that they have. */
const decodeEntries = (entries: Entries): Result.Result<ColumnMapping, ReadonlyArray<string>> => {
  const problems: Array<string> = []
  const mapping = new Map<string, MappedColumn>()
  let hasEmail = false
  let areAllKnown = true
  for (const [header, said] of entries) {
    const name = header.trim()
    if (name === "") problems.push("a header name is empty")
    else if (mapping.has(name)) problems.push(`header "${name}" appears twice (spaces around a name are ignored)`)
    const mapped = toMapped(said)
    const problem = problemOfTarget(name, mapped.column)
    if (problem !== undefined) problems.push(`"${header}": ${problem}`)
    const decoded = decodeMapped(mapped)
    if (Result.isSuccess(decoded)) mapping.set(name, decoded.success)
    else problems.push(...problemsOfMapped(header, decoded.failure))
    areAllKnown &&= problem === undefined
    hasEmail ||= mapped.column === "email"
  }
  if (!hasEmail) problems.push("no header maps to email, the key of the users")
  if (!areAllKnown) problems.push(`valid columns are ${fieldColumns.join(", ")}, extra.NAME`)
  return problems.length === 0
    ? Result.succeed(mapping as ReadonlyMap<string, MappedColumn> as ColumnMapping)
    : Result.fail(problems)
}

/** Where a header's text goes, or an object that says how it is read too. */
export type Mapped = Target | MappedColumn

/**
 * The mapping with these columns, by the names of their headers in the files. Throws a `ColumnMappingError` that has
 * every problem: a mapping in a program is right or a mistake of its author, as with `Schema.make`. For a text from
 * outside, use `parse`.
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
  Result.getOrThrowWith(decodeEntries(Object.entries(columns)), (problems) => {
    const message = `The column mapping is wrong: ${problems.join("; ")}`
    return new ColumnMappingError({ reason: "invalid", message, problems, files: [] })
  })

/** A header that fills a column of `users`. */
export interface OfColumn extends MappedColumn {
  readonly column: FieldColumn
}

/** The headers that fill columns. */
export const columnsOf = (mapping: ColumnMapping): ReadonlyArray<readonly [header: string, mapped: OfColumn]> =>
  [...mapping].filter((entry): entry is [string, OfColumn] => isColumn(entry[1].column))

const decodeObject = Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.Unknown))

/**
 * Parses the JSON text of a column mapping: an object, header name in the files -> column of `users`, or what `make`
 * takes in its place. The error has every problem, and names `path`, where the text comes from.
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
    const decoded = decodeEntries(Object.entries(record))
    return yield* Effect.mapError(Effect.fromResult(decoded), (problems) =>
      invalid(problems, `${path}: ${problems.join("; ")}`),
    )
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
  Array.from(value).every(
    ([header, mapped]) => typeof header === "string" && header.trim() === header && Predicate.isObject(mapped),
  ) &&
  Result.isSuccess(decodeEntries([...value]))

/** The mapping of these headers alone. */
export const restrictTo = (mapping: ColumnMapping, isKept: (header: string) => boolean): ColumnMapping =>
  new Map([...mapping].filter(([header]) => isKept(header))) as ReadonlyMap<string, MappedColumn> as ColumnMapping

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
