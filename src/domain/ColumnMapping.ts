// Which header of a file fills which column of `users`: `column_mappings.json`, and how a file's header fits it.

import { Effect, Result, Runtime, Schema } from "effect"
import { plural } from "../text/format.ts"
import { type UserColumn, userColumns } from "./User.ts"

/** The column mapping is wrong, or does not fit a file. */
export class ColumnMappingError extends Schema.TaggedError<ColumnMappingError>()("ColumnMappingError", {
  /** The mapping's file, or the first file that it does not fit. */
  path: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** Header name in the file (trimmed) -> column of `users`. `email` is present; no column appears twice. */
export type ColumnMapping = ReadonlyMap<string, UserColumn>

const decodeJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const problems = (entries: ReadonlyArray<readonly [header: string, column: unknown]>): ReadonlyArray<string> => {
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

/** Parses the JSON text of a column mapping. The error reports every problem, and names `path`. */
export const parse = Effect.fnUntraced(function* (path: string, json: string) {
  const record = yield* decodeJson(json).pipe(
    Effect.mapError(
      () =>
        new ColumnMappingError({
          path,
          message: `${path} is not a JSON object of the form { "header in the file": "column of users" }`,
        }),
    ),
  )
  const entries = Object.entries(record)
  const found = problems(entries)
  if (found.length > 0) {
    return yield* new ColumnMappingError({ path, message: `${path}: ${found.join("; ")}` })
  }
  return new Map(entries.map(([header, column]) => [header.trim(), column as UserColumn])) as ColumnMapping
})

/** The error where an earlier attempt started these files with another column mapping. */
export const otherMapping = (uris: ReadonlyArray<string>): ColumnMappingError => {
  const more = uris.length > 3 ? ` and ${plural(uris.length - 3, "more file")}` : ""
  return new ColumnMappingError({
    path: uris[0]!,
    message: `${uris.slice(0, 3).join(", ")}${more} started loading with another column mapping. Restore that mapping, or start over with --force.`,
  })
}

/** A text that is the same for equivalent mappings. It is kept with a load, which resumes only with an equal one. */
export const signature = (mapping: ColumnMapping): string =>
  JSON.stringify([...mapping].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)))

/** The index of each column's field in a record; -1 for a column that the file lacks. */
export type Positions = Readonly<Record<UserColumn, number>>

/** A header's name for a list: shortened, and quoted where its ends would not be visible. */
const listed = (name: string): string => {
  const short = name.length > 40 ? `${name.slice(0, 40)}...` : name
  return /^[\p{L}\p{N}_.-]+$/u.test(short) ? short : `"${short}"`
}

/** Fits a file's header names to the mapping; fails with every problem. */
export const fitHeader = (
  mapping: ColumnMapping,
  fields: ReadonlyArray<string>,
  delimiter: string,
): Result.Result<Positions, ReadonlyArray<string>> => {
  const names = fields.map((field) => field.trim())
  const positions = Object.fromEntries(userColumns.map((column) => [column, -1])) as Record<UserColumn, number>
  const missing: Array<string> = []
  const found: Array<string> = []
  for (const [header, column] of mapping) {
    const position = names.indexOf(header)
    if (position === -1) missing.push(listed(header))
    else if (names.includes(header, position + 1)) found.push(`header "${header}" appears twice`)
    positions[column] = position
  }
  if (missing.length > 0) found.unshift(`${missing.length === 1 ? "header" : "headers"} missing: ${missing.join(", ")}`)
  if (found.length === 0) return Result.succeed(positions)
  const other = [",", ";", "\t", "|"].find((candidate) => candidate !== delimiter && names[0]!.includes(candidate))
  if (names.length === 1 && other !== undefined) {
    found.push(`the delimiter looks like ${JSON.stringify(other)}: try --delimiter ${JSON.stringify(other)}`)
  }
  return Result.fail(found)
}
