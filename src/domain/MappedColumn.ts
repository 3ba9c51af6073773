// What a column mapping says of a header: where its text goes, and how it is read.

import { Schema, Struct } from "effect"
import type { Saying } from "./Column.ts"
import { parseDateFormat } from "./dateFormat.ts"
import { fileColumns, fieldColumns } from "./fileColumns.ts"
import { Problem } from "./Problem.ts"
import { isColumn, Target } from "./Target.ts"
import { problemOfWords } from "./words.ts"

const Text = Schema.String.annotate({ message: "must be a text" })

const DateFormat = Text.check(
  Schema.makeFilter(
    (format) => {
      const parsed = parseDateFormat(format)
      return parsed instanceof Problem ? parsed.message : true
    },
    { toJsonSchema: () => [{ pattern: String.raw`^\s*(?:epoch|epoch-ms|excel)\s*$|^(?=.*YY)(?=.*M)(?=.*D)` }, true] },
  ),
)

const Words = Schema.Array(Text).annotate({ message: "must be a list of words" })

const sayings = {
  /**
   * A form of its dates that is read before the usual ones, such as `DD/MM/YYYY`; of tokens YYYY YY MMMM MMM MM M DD D HH
   * H hh h mm ss S A Z, or `epoch`, `epoch-ms` or `excel`. Of `created_at` and `updated_at`.
   */
  format: Schema.optionalKey(DateFormat),
  /** Words that are true, and those that are false, in any case. Of `status`. */
  true: Schema.optionalKey(Words),
  false: Schema.optionalKey(Words),
  /** Words that are null: in any case, but exact in columns of text. Of every column except `email`. */
  null: Schema.optionalKey(Words),
}
const sayingNames = Struct.keys(sayings)

/** What an object says of a header, of which each part is valid by itself. */
export type Sayings = { readonly column?: unknown } & typeof Said.Type
const Said = Schema.Struct(sayings)

const saysOf = (target: Target): ReadonlyArray<Saying> => fileColumns[isColumn(target) ? target : "extra"].says

interface SayingProblem {
  readonly path: ReadonlyArray<string>
  readonly issue: string
}

/** What does not fit together: a key that is not for the column, a word that means two things. */
export const problemsOfSayings = (said: Sayings): ReadonlyArray<SayingProblem> => {
  const { column } = said
  const problem = problemOfWords(said)
  const ofWords = problem === undefined ? [] : [{ path: [], issue: problem }]
  if (!Schema.is(Target)(column)) return ofWords
  const says = saysOf(column)
  const others = sayingNames.filter((name) => said[name] !== undefined && !says.includes(name))
  const takes = says.length === 0 ? "no words" : says.map((name) => `"${name}"`).join(", ")
  return [...others.map((name) => ({ path: [name], issue: `is not for ${column}, which takes ${takes}` })), ...ofWords]
}

/** A key needs a column that takes it. */
const ownSayings = sayingNames.map((name) => {
  const columns = fieldColumns.filter((column) => saysOf(column).includes(name))
  const takers = [{ enum: columns }, ...(saysOf("extra").includes(name) ? [{ type: "string", pattern: "^extra" }] : [])]
  return { anyOf: [{ not: { required: [name] } }, { properties: { column: { anyOf: takers } } }] }
})

export const fitTogether = Schema.makeFilter(problemsOfSayings, {
  toJsonSchema: () => [{ allOf: ownSayings }, true],
})

/** What may be in the object of a header. */
export const mappedFields = { column: Target, ...sayings }

/** For an object of a header, which has a key that it cannot have. */
export const messageUnexpectedKey = `is no key: valid are column, ${sayingNames.join(", ")}`

export const MappedColumn = Schema.Struct(mappedFields).annotate({ messageUnexpectedKey }).check(fitTogether)
export interface MappedColumn extends Schema.Schema.Type<typeof MappedColumn> {}
