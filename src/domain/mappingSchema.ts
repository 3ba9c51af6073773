// The JSON of a mapping file as one schema: what is read from it, and what editors check and explain.

import { JsonSchema, Predicate, Result, Schema, Struct } from "effect"
import { decodeHeaders } from "./decodeHeaders.ts"
import { formatFields, hasNoConflict } from "./FormatOptions.ts"
import { fitTogether, mappedFields, messageUnexpectedKey } from "./MappedColumn.ts"
import { otherHeaders, Target } from "./Target.ts"

/** What stands for a value that a person has to choose, with the choices beside it. */
export const placeholder = "?"

const choicesOf = `What can stand in place of "${placeholder}". It is not read.`

const wordLists = ["true", "false"] as const

type Said = Readonly<Record<string, unknown>>

/** The lists of words that are still to fill in. */
export const listsToFill = (said: Said): ReadonlyArray<(typeof wordLists)[number]> =>
  wordLists.filter((key) => {
    const words = said[key]
    return Array.isArray(words) && words.length === 1 && words[0] === placeholder
  })

const isFilledIn = Schema.makeFilter((said: Said) => listsToFill(said).length === 0, {
  toJsonSchema: () => ({
    properties: Object.fromEntries(wordLists.map((key) => [key, { not: { const: [placeholder] } }])),
  }),
})

/** A list of texts. */
export const Choices = Schema.Array(Schema.String)

const Mapped = Schema.Struct({
  column: mappedFields.column.annotateKey({ description: "The column, or extra.NAME." }),
  format: mappedFields.format.annotateKey({
    description:
      "Of created_at and updated_at: a form that is read before the usual ones, such as DD/MM/YYYY. Of tokens YYYY YY MMMM MMM MM M DD D HH H hh h mm ss S A Z; or epoch, epoch-ms or excel.",
  }),
  true: mappedFields.true.annotateKey({ description: "Of status: words that are true, in any case." }),
  false: mappedFields.false.annotateKey({ description: "Of status: words that are false, in any case." }),
  null: mappedFields.null.annotateKey({
    description: "Of all columns but email: words that are null; exact in columns of text, else in any case.",
  }),
  choices: Schema.optionalKey(Choices).annotateKey({ description: choicesOf }),
})
  .annotate({ messageUnexpectedKey, description: "The column, and how its text is read." })
  .check(fitTogether, isFilledIn)
  .annotate({ identifier: "Mapped" })

const mappedKeys = Struct.keys(Mapped.fields)

/** What is said of a header, as `decodeHeaders` takes it. */
const withoutChoices = (said: unknown): unknown =>
  Predicate.isObject(said) ? Struct.omit(said as { readonly choices?: unknown }, ["choices"]) : said

const isOf = (column: string) => ({
  anyOf: [{ const: column }, { type: "object", required: ["column"], properties: { column: { const: column } } }],
})

const Columns = Schema.Record(Schema.String, Schema.Union([Target, Mapped]))
  .annotate({
    description: `Header in the files: its column. Several headers may have one column: a file has one of them. "${otherHeaders}": all headers that are not here.`,
  })
  .check(
    Schema.makeFilter(
      (columns) => {
        const entries = Object.entries(columns).map(([header, said]) => [header, withoutChoices(said)] as const)
        return Result.match(decodeHeaders(entries), {
          onSuccess: () => true,
          onFailure: (problems) => problems.map(({ message }) => message).join("; "),
        })
      },
      {
        toJsonSchema: () => [
          {
            propertyNames: { pattern: String.raw`\S` },
            // Not every header is of another column than email.
            not: { additionalProperties: { not: isOf("email") } },
            allOf: [{ properties: { [otherHeaders]: {} }, additionalProperties: { not: isOf("extra") } }],
          },
          true,
        ],
      },
    ),
  )

const FormatFields = Schema.Struct({
  ...Struct.map(formatFields, Schema.optionalKey),
  choices: Schema.optionalKey(Schema.Record(Schema.String, Choices)).annotateKey({ description: choicesOf }),
})

/** The keys of which `?` may be a value as any other. */
const marks = ["delimiter", "quote", "comment"] as const

/** Whether a value that could be one is still to fill in: there are choices for it. */
export const isToFill = (value: unknown, choices: unknown): boolean => value === placeholder && choices !== undefined

const hasNoMarkToFill = ({ choices, ...format }: typeof FormatFields.Type): boolean =>
  !marks.some((key) => isToFill(format[key], choices?.[key]))

const isFormatFilledIn = Schema.makeFilter(hasNoMarkToFill, {
  toJsonSchema: () => ({
    allOf: marks.map((key) => ({
      anyOf: [
        { properties: { [key]: { not: { const: placeholder } } } },
        { properties: { choices: { not: { type: "object", required: [key] } } } },
      ],
    })),
  }),
})

const FileFormat = FormatFields.annotate({
  description: "The format of the files, as the flags of the same names say it. Flags win.",
}).check(hasNoConflict, isFormatFilledIn)

const LongForm = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String).annotateKey({
    description: "Where an editor finds the schema of this file.",
  }),
  format: Schema.optionalKey(FileFormat),
  columns: Columns,
})

/** The keys of the long form. */
export const longKeys = Struct.keys(LongForm.fields)

const isMapped = (said: Said): boolean =>
  Object.hasOwn(said, "column") && Object.keys(said).every((key) => mappedKeys.some((known) => known === key))

/**
 * Whether the headers of a file are in `columns`. An object there that names a column belongs to a header of that name,
 * where other headers are beside it.
 */
export const isLongForm = (file: Said): boolean => {
  const columns = file["columns"]
  if (!Predicate.isObject(columns)) return false
  return Object.keys(file).every((key) => longKeys.some((known) => known === key)) || !isMapped(columns as Said)
}

const anyOfKeys = (keys: ReadonlyArray<string>) => ({
  type: "object",
  properties: Object.fromEntries(keys.map((key) => [key, {}])),
  additionalProperties: false,
})

const ShortForm = Columns.check(
  Schema.makeFilter((file) => !isLongForm(file), {
    toJsonSchema: () => ({
      not: {
        required: ["columns"],
        properties: { columns: { type: "object" } },
        anyOf: [
          anyOfKeys(longKeys),
          { properties: { columns: { not: { required: ["column"], ...anyOfKeys(mappedKeys) } } } },
        ],
      },
    }),
  }),
)

export const MappingJson = Schema.Union([LongForm, ShortForm])

/** The schema for editors, which take this draft. */
export const toJsonSchema = () => {
  const { definitions, schema } = JsonSchema.toDocumentDraft07(
    Schema.toJsonSchemaDocument(MappingJson, { onExcessProperty: "error" }),
  )
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07,
    title: "Column mapping of user-activity-etl",
    ...schema,
    definitions,
  }
}
