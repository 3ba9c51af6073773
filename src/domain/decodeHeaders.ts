// What a column mapping says of each header, decoded, or every problem that it has.

import { Predicate, Result, Schema, SchemaIssue } from "effect"
import { fieldColumns } from "./fileColumns.ts"
import { MappedColumn, mappedFields, messageUnexpectedKey, problemsOfSayings } from "./MappedColumn.ts"
import { problemOfTarget } from "./Target.ts"

/** A header, and a column's name or an object in which that is `column`: not checked yet. */
export type Entry = readonly [header: string, said: unknown]

export interface HeaderProblem {
  readonly message: string
  /** By their numbers, the entries that have it, in order; none: the mapping as a whole. */
  readonly entries: ReadonlyArray<number>
  /** The keys that lead to it in what is said of the header. */
  readonly path: ReadonlyArray<string | number>
}

/** A column's name stands for the object that says no more. */
const toSaid = (said: unknown): { readonly column?: unknown } => (Predicate.isObject(said) ? said : { column: said })

const decodeMapped = Schema.decodeUnknownSync(MappedColumn)

/** Each part by itself; the column is checked together with its header. */
const decodeParts = Schema.decodeUnknownResult(
  Schema.Struct({ ...mappedFields, column: Schema.optionalKey(Schema.Unknown) }).annotate({ messageUnexpectedKey }),
  { errors: "all", onExcessProperty: "error" },
)
const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

type Found = Pick<HeaderProblem, "message" | "path">

const problemsOfParts = ({ issue }: Schema.SchemaError): ReadonlyArray<Found> =>
  standardIssues(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((key) => (typeof key === "number" ? key : String(key)))
    return { message: `${keys.join(".")} ${message}`, path: keys }
  })

/** What is wrong with what is said of a header, but for its column. */
const problemsOfSaid = (said: { readonly column?: unknown }): ReadonlyArray<Found> => {
  const decoded = decodeParts(said)
  const ofParts = Result.isFailure(decoded) ? problemsOfParts(decoded.failure) : []
  const bad = ofParts.map(({ path }) => path[0])
  const rest = Object.fromEntries(Object.entries(said).filter(([key]) => !bad.includes(key)))
  const together = problemsOfSayings(rest).map(({ issue, path }) => ({
    message: `${path.join(".")} ${issue}`.trim(),
    path,
  }))
  return [...ofParts, ...together]
}

/** What a valid mapping has of these entries, or every problem that they have. */
export const decodeHeaders = (
  entries: ReadonlyArray<Entry>,
): Result.Result<ReadonlyMap<string, MappedColumn>, ReadonlyArray<HeaderProblem>> => {
  const problems: Array<HeaderProblem> = []
  const numbers = new Map<string, number>()
  const mapping = new Map<string, MappedColumn>()
  for (const [number, [header, given]] of entries.entries()) {
    const add = (message: string, path: HeaderProblem["path"] = [], entries: ReadonlyArray<number> = [number]) =>
      problems.push({ message, path, entries })
    const name = header.trim()
    const other = numbers.get(name)
    if (name === "") add("a header name is empty")
    else if (other === undefined) numbers.set(name, number)
    // A file that has the very same text twice is reported as JSON.
    else if (entries[other]![0] !== header) {
      add(`header "${name}" appears twice (spaces around a name are ignored)`, [], [other, number])
    }
    const said = toSaid(given)
    const ofTarget = problemOfTarget(name, said.column)
    if (ofTarget !== undefined) add(`"${header}": ${ofTarget}`, ["column"])
    const ofSaid = problemsOfSaid(said)
    for (const { message, path } of ofSaid) add(`"${header}": ${message}`, path)
    if (ofTarget === undefined && ofSaid.length === 0) mapping.set(name, decodeMapped(said))
  }
  if (!entries.some(([, said]) => toSaid(said).column === "email")) {
    problems.push({ message: "no header maps to email, the key of the users", entries: [], path: [] })
  }
  return problems.length === 0 ? Result.succeed(mapping) : Result.fail(problems)
}

/** What to add once to these problems: the columns, where one is not known. */
export const helpWith = (problems: ReadonlyArray<HeaderProblem>): ReadonlyArray<string> =>
  problems.some(({ path }) => path[0] === "column") ? [`valid columns are ${fieldColumns.join(", ")}, extra.NAME`] : []
