// The file of a column mapping, such as `column_mappings.json`: which header fills which column, and the files' format.

import { Effect, Predicate, Result } from "effect"
import { type PlacedJson, parsePlacedJson } from "../text/placedJson.ts"
import { type ColumnMapping, ColumnMappingError } from "./ColumnMapping.ts"
import type { FormatOptions } from "./FormatOptions.ts"
import { type MappingProblem, noKey, type Read } from "./mappingProblem.ts"
import { isLongForm, longKeys } from "./mappingSchema.ts"
import { readColumns } from "./readColumns.ts"
import { readFormat } from "./readFormat.ts"

/** What a mapping file says, by the names of the options of `Pipeline.run`. */
export interface MappingFile {
  readonly mapping: ColumnMapping
  /** What it leaves out is found in each file. */
  readonly format: FormatOptions
}

const failureOf = (read: Read<unknown>): ReadonlyArray<MappingProblem> => (Result.isFailure(read) ? read.failure : [])

const readLong = (file: PlacedJson): Read<MappingFile> => {
  const problems: Array<MappingProblem> = []
  let mapping: Read<ColumnMapping> = Result.fail([])
  let format: Read<FormatOptions> = Result.succeed({})
  for (const [key, part] of file.entries()) {
    const lines = [part.lineOf([])]
    if (key === "columns") mapping = readColumns(part)
    else if (key === "format") format = readFormat(part)
    else if (key !== "$schema") problems.push({ message: `${noKey(key, longKeys)}; headers are in "columns"`, lines })
    else if (typeof part.value !== "string") problems.push({ message: "$schema must be a text", lines })
  }
  problems.push(...failureOf(format), ...failureOf(mapping))
  return problems.length === 0 ? Result.all({ mapping, format }) : Result.fail(problems)
}

const readShort = (file: PlacedJson): Read<MappingFile> =>
  readColumns(file).pipe(
    Result.map((mapping) => ({ mapping, format: {} })),
    Result.mapError((problems) => {
      const beside = ["$schema", "format"].filter((key) => file.entries().some(([header]) => header === key))
      const message = `${beside.join(" and ")} can stand beside "columns", which then has the headers`
      return beside.length === 0 ? problems : [...problems, { message, lines: [] }]
    }),
  )

const readParts = (file: PlacedJson): Read<MappingFile> => {
  const repeated = file.repeatedKeys.map(({ lines, name }) => ({ message: `"${name}" appears twice`, lines }))
  const read = isLongForm(file.value as Readonly<Record<string, unknown>>) ? readLong(file) : readShort(file)
  return repeated.length === 0 ? read : Result.fail([...repeated, ...failureOf(read)])
}

/** Such as `line 4: "Joined": format has no year: YYYY or YY`. */
const describe = ({ lines, message }: MappingProblem): string =>
  lines.length === 0 ? message : `${lines.length === 1 ? "line" : "lines"} ${lines.join(" and ")}: ${message}`

const place = ({ lines: [line = Infinity] }: MappingProblem): number => line

/**
 * Parses the text of a mapping file: a JSON object, header name in the files -> what `ColumnMapping.make` takes. Or that
 * object is its `columns`, and `format` beside it says what `FormatOptions` can say. The error has every problem with
 * its line, and names `path`, where the text comes from.
 *
 * The result has the names of the options of a run.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { MappingFile, Pipeline } from "user-activity-etl"
 *
 * const load = Effect.gen(function* () {
 *   const text = '{ "format": { "delimiter": ";" }, "columns": { "Mail": "email" } }'
 *   return yield* Pipeline.run({ ...(yield* MappingFile.parse("people.mapping.json", text)), chunkSize: 500 })
 * })
 * ```
 */
export const parse: (path: string, json: string) => Effect.Effect<MappingFile, ColumnMappingError> = Effect.fnUntraced(
  function* (path, json) {
    const invalid = (problems: ReadonlyArray<string>, message: string) =>
      new ColumnMappingError({ reason: "invalid", path, problems, files: [], message })
    const fail = (problem: string) => invalid([problem], `${path} ${problem}`)
    const file = yield* Effect.fromResult(parsePlacedJson(json)).pipe(
      Effect.mapError((fault) => fail(`is not JSON: ${fault}`)),
    )
    if (!Predicate.isObject(file.value)) {
      return yield* fail('is not a JSON object of the form { "header in the file": "column of users" }')
    }
    return yield* Effect.mapError(Effect.fromResult(readParts(file)), (found) => {
      const problems = found.toSorted((left, right) => place(left) - place(right)).map(describe)
      return invalid(problems, `${path}: ${problems.join("; ")}`)
    })
  },
)
