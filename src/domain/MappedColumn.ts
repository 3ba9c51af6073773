// What a column mapping says of a header: where its text goes, and how it is read.

import { Schema, Struct } from "effect"
import type { Saying } from "./Column.ts"
import { parseDateFormat } from "./dateFormat.ts"
import { fileColumns } from "./fileColumns.ts"
import { Problem } from "./Problem.ts"
import { isColumn, Target } from "./Target.ts"
import { problemOfWords } from "./words.ts"

const Text = Schema.String.annotate({ message: "must be a text" })

const DateFormat = Text.check(
  Schema.makeFilter((format) => {
    const parsed = parseDateFormat(format)
    return parsed instanceof Problem ? parsed.message : true
  }),
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

const hasOwnSayings = Schema.makeFilter(
  (mapped: { readonly column: Target } & { readonly [Key in Saying]?: unknown }) => {
    const { says } = fileColumns[isColumn(mapped.column) ? mapped.column : "extra"]
    const others = sayingNames.filter((name) => mapped[name] !== undefined && !says.includes(name))
    const takes = says.length === 0 ? "no words" : says.map((name) => `"${name}"`).join(", ")
    return others.map((name) => ({ path: [name], issue: `is not for ${mapped.column}, which takes ${takes}` }))
  },
)

export const MappedColumn = Schema.Struct({ column: Target, ...sayings })
  .annotate({ messageUnexpectedKey: `is no key: valid are column, ${sayingNames.join(", ")}` })
  .check(
    hasOwnSayings,
    Schema.makeFilter((mapped) => problemOfWords(mapped) ?? true),
  )
export interface MappedColumn extends Schema.Schema.Type<typeof MappedColumn> {}
