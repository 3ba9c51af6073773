// The mapping that an inspection proposes, as a file has it, and without what a person must fill in.

import { type ColumnMapping, make, type Mapped } from "../../domain/ColumnMapping.ts"
import type { FieldColumn } from "../../domain/fileColumns.ts"
import type { ColumnEntry, Kind, Proposal, WordCount } from "./findings.ts"
import { meaningOf } from "./kindOf.ts"
import { placeholder } from "../../domain/mappingSchema.ts"
import { statusWord } from "../../domain/statusWords.ts"

/** What is said of a header, `?` in place of what nothing proves. */
type Entry = Exclude<ColumnEntry, string>
type Said = Omit<Entry, "column">

const dateSays = (kind: Kind): Said => {
  if (kind._tag !== "days") return {}
  const { reading } = kind
  if (reading._tag === "proved") return { format: reading.format }
  return reading._tag === "choices" ? { format: placeholder, choices: reading.formats } : {}
}

/** Words as the file has them. */
const meaning = (words: ReadonlyArray<WordCount>, meant: boolean): ReadonlyArray<string> =>
  words.flatMap(({ word }) => (statusWord(word) === meant ? word : []))

const statusSays = (kind: Kind): Said => {
  if (kind._tag !== "booleans") return {}
  const { words } = kind
  const isUnknown = words.every(({ word }) => meaningOf(word) === undefined)
  if (isUnknown && words.length === 2)
    return { true: [placeholder], false: [placeholder], choices: words.map(({ word }) => word) }
  const [truths, falsehoods] = [meaning(words, true), meaning(words, false)]
  return { ...(truths.length > 0 && { true: truths }), ...(falsehoods.length > 0 && { false: falsehoods }) }
}

/** What the values of a field need to be read. */
const saysOf = (column: FieldColumn, kind: Kind): Said => {
  if (column === "status") return statusSays(kind)
  return column === "created_at" || column === "updated_at" ? dateSays(kind) : {}
}

/** A field that may be named in a mapping. */
export interface FieldToMap {
  readonly name: string
  readonly kind: Kind
  readonly proposal: Proposal
}

/** Undefined: nothing is proposed. */
const entryOf = ({ kind, proposal }: FieldToMap): Entry | undefined => {
  if (proposal._tag === "mapped") return { column: proposal.target, ...saysOf(proposal.target as FieldColumn, kind) }
  // Days that no name explains may be anything: they are listed, and the file can be loaded without them.
  if (proposal._tag === "none" || (kind._tag === "days" && proposal.why === "values")) return undefined
  const [column] = proposal.columns
  const says = saysOf(column!, kind)
  return { ...says, column: placeholder, choices: [column!, ...(says.choices ?? [])] }
}

/** Whether it has no `?` in place of what a person must decide. */
export const isProved = ({ column, format, ...words }: Entry): boolean =>
  column !== placeholder &&
  format !== placeholder &&
  ![...(words.true ?? []), ...(words.false ?? [])].includes(placeholder)

export const proposedColumns = (fields: ReadonlyArray<FieldToMap>): Readonly<Record<string, Entry>> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const entry = entryOf(field)
      return entry === undefined ? [] : [[field.name, entry] as const]
    }),
  )

/** A column's name, where no more is said of it. */
const brief = (entry: Entry): ColumnEntry =>
  Object.keys(entry).length === 1 && entry.column !== placeholder ? entry.column : entry

/** The columns as a file has them. */
export const columnEntries = (columns: Readonly<Record<string, Entry>>): Readonly<Record<string, ColumnEntry>> =>
  Object.fromEntries(Object.entries(columns).map(([name, entry]) => [name, brief(entry)]))

/** What is proved of them; null: which field is the e-mail is not. */
export const provedMapping = (columns: Readonly<Record<string, Entry>>): ColumnMapping | null => {
  const proved = Object.entries(columns).filter(([, entry]) => isProved(entry))
  return proved.some(([, { column }]) => column === "email")
    ? make(Object.fromEntries(proved) as Readonly<Record<string, Mapped>>)
    : null
}
