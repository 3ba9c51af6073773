// What an inspection finds in the sample of a file: its format, its fields, the mapping that it proposes, what is rejected.

import type { ColumnMapping } from "../../domain/ColumnMapping.ts"
import type { Encoding } from "../../domain/encoding.ts"
import type { FieldColumn } from "../../domain/fileColumns.ts"
import type { Format } from "../../domain/Format.ts"
import type { FormatOptions } from "../../domain/FormatOptions.ts"
import type { placeholder } from "../../domain/mappingSchema.ts"
import type { Target } from "../../domain/Target.ts"

/** A value of the file, and the line on which its record starts. */
export interface ValueAt {
  /** At most 40 characters, without unprintable ones; of an e-mail only the domain. */
  readonly value: string
  readonly line: number
}

/** A word as it is first written, and how many of the values that were looked at it is, in any case. */
export interface WordCount {
  readonly word: string
  readonly count: number
}

/** Fields that hold e-mails, among the records that follow a header. */
export interface EmailEvidence {
  /** From 0. */
  readonly position: number
  readonly name: string
  /** Records with an e-mail there. */
  readonly records: number
  /** Records that were looked at: at most 20. */
  readonly of: number
}

/** What proves each part of the format. */
export interface Evidence {
  /** `utf8`: every byte fits UTF-8, and `ascii` no byte needs it. Null: nothing, see `unproved`. */
  readonly encoding: "byteOrderMark" | "given" | "utf8" | "ascii" | null
  /** `sepLine`: a first line such as `sep=;`. `header`: what proves the header. Null: nothing. */
  readonly delimiter: "given" | "sepLine" | "header" | null
  /**
   * `given`: its names. `mapping`: all mapped headers are in it. `emails`: those fields hold e-mails. `names`: a name
   * is one of an e-mail, and too few of the next records have one. Null: nothing, or the file has no header.
   */
  readonly header: "given" | "mapping" | "emails" | "names" | null
  /** The fields that hold e-mails in most of the next records of as many fields. Empty where the header was given. */
  readonly emails: ReadonlyArray<EmailEvidence>
  /** Lines with text before the header, of the first 100, without a line `sep=;`: how many there are, and the first three. */
  readonly skipped: { readonly count: number; readonly first: ReadonlyArray<ValueAt> }
}

/** A line and a delimiter under which it may be the header. */
export interface HeaderChoice {
  readonly line: number
  readonly delimiter: string
  /** At most the first five. */
  readonly names: ReadonlyArray<string>
}

/** How an encoding reads a value. */
export interface EncodingChoice {
  readonly encoding: Encoding
  /** At most 40 characters; null: no value can be shown. */
  readonly value: string | null
}

/** What the file does not prove: a person has to say it. The rest of the inspection takes the first choice. */
export interface Unproved {
  /** Not empty: the bytes are not UTF-8. The usual ones that can read all of them. */
  readonly encoding: ReadonlyArray<EncodingChoice>
  /** Where `value` of each is. Null: none can be shown. */
  readonly encodingAt: { readonly name: string; readonly line: number } | null
  /** Not null: backslashes may be escapes, `doubled` or `backslash`. How many lines are malformed without, and the first. */
  readonly escape: { readonly records: number; readonly line: number } | null
  /** More than one: each may be the header; with `noHeader` instead of what is skipped. At most five. */
  readonly header: ReadonlyArray<HeaderChoice>
  /** The first line is a record: fields are named `column 1`, `column 2`, ... until names are given. */
  readonly noHeader: boolean
}

/** A form that dates of a field have, such as `99/99/9999`: 9 a digit, a a letter. */
export interface DayForm {
  readonly form: string
  readonly count: number
  readonly example: ValueAt
}

/** The orders that values of the form A/B/YYYY show. */
export interface DayOrder {
  /** Values whose first number is above 12, and the first of them. */
  readonly dayFirst: OrderEvidence | null
  /** Values whose second number is above 12. */
  readonly monthFirst: OrderEvidence | null
  /** Values that could be either. */
  readonly either: OrderEvidence | null
}

export interface OrderEvidence {
  readonly count: number
  readonly first: ValueAt
}

/**
 * How the dates of a field are read. `usual`: without a format. `proved`: with this one alone. `choices`: each of these
 * reads them. `none`: no format that was tried reads most of them.
 */
export type DayReading =
  | { readonly _tag: "usual" }
  | { readonly _tag: "proved"; readonly format: string }
  | { readonly _tag: "choices"; readonly formats: ReadonlyArray<string> }
  | { readonly _tag: "none" }

/** What the values of a field are: most of those that were looked at. */
export type Kind =
  | { readonly _tag: "empty" }
  | { readonly _tag: "emails"; readonly count: number }
  | {
      readonly _tag: "addresses"
      readonly v4: number
      readonly v6: number
      /** Those of either kind with a port. */
      readonly withPort: number
    }
  | {
      readonly _tag: "days"
      /** The most frequent first, at most five. */
      readonly forms: ReadonlyArray<DayForm>
      /** Null: none has the form A/B/YYYY. */
      readonly order: DayOrder | null
      readonly reading: DayReading
    }
  /** The words for true and false that are read by default or known to be such, and others of two in all. */
  | { readonly _tag: "booleans"; readonly words: ReadonlyArray<WordCount> }
  | { readonly _tag: "numbers"; readonly count: number }
  | { readonly _tag: "json"; readonly count: number }
  | { readonly _tag: "text" }

/**
 * Where the text of a field goes. `mapped`: as a given mapping says, or as its name or its values propose. `candidates`:
 * another field has as good a claim, or nothing but values shows which of these it is. `none`: nowhere.
 */
export type Proposal =
  | { readonly _tag: "mapped"; readonly target: Target; readonly why: "mapping" | "name" | "values" }
  | { readonly _tag: "candidates"; readonly columns: ReadonlyArray<FieldColumn>; readonly why: "name" | "values" }
  | { readonly _tag: "none" }

/** A field of the header. */
export interface Field {
  /**
   * Trimmed, as a mapping has it, so that it must be escaped to be printed; `column 12` where it has
   * none, a link leads to the file, or nothing shows that it is a name.
   */
  readonly name: string
  /** From 0. */
  readonly position: number
  /** Whether another field has the same name, or it has none: no mapping can name it. */
  readonly isUnnameable: boolean
  readonly proposal: Proposal
  /** How many records have text in it. */
  readonly filled: number
  /** At most three different ones, as they come. Masked where they may be passwords; empty where a link leads to the file. */
  readonly values: ReadonlyArray<string>
  readonly kind: Kind
  /** Values that were looked at to find the kind: at most 10,000, evenly spread. Counts of `kind` and words are of these. */
  readonly lookedAt: number
  /** Words for nothing, such as `NULL`. */
  readonly nullWords: ReadonlyArray<WordCount>
  /** Code points of the longest text, and how many its column takes; null: any number, or no column of text. */
  readonly longest: number
  readonly width: number | null
}

/** What a mapping file says of a header. `?` stands for what a person must fill in, `choices` beside it for what may be. */
export type ColumnEntry =
  | Target
  | {
      readonly column: Target | typeof placeholder
      readonly format?: string
      readonly true?: ReadonlyArray<string>
      readonly false?: ReadonlyArray<string>
      readonly null?: ReadonlyArray<string>
      readonly choices?: ReadonlyArray<string>
    }

/** A mapping file as plain JSON. */
export interface MappingObject {
  /** What was given of the format, and what must be said to read the file as it was inspected. Left out: nothing. */
  readonly format?: {
    readonly [Key in keyof FormatOptions]?: FormatOptions[Key] | typeof placeholder
  } & { readonly choices?: { readonly [Key in keyof FormatOptions]?: ReadonlyArray<string> } }
  readonly columns: Readonly<Record<string, ColumnEntry>>
}

/** Values of a column that cannot be used, for one reason. */
export interface ValueProblem {
  /** Null: the record as a whole. */
  readonly column: string | null
  /** What is wrong, without the value. */
  readonly message: string
  readonly count: number
  /** The first three. */
  readonly lines: ReadonlyArray<number>
  /**
   * The different ones, at most three, the most frequent first: at most 40 characters each, of an e-mail its domain. Empty:
   * they are empty, hidden, or of no column.
   */
  readonly values: ReadonlyArray<WordCount>
}

/** What a load would do with the records of a sample. */
export interface SampleCheck {
  readonly records: number
  /** Records that would be rejected. */
  readonly rejected: number
  /** Why: a record may have several reasons. The most frequent first. */
  readonly rejects: ReadonlyArray<ValueProblem>
  /** Values that would be null instead, where the format says so. */
  readonly blanked: ReadonlyArray<ValueProblem>
  /** Not null: a line that is another header, where a load would fail. The records after it do not count. */
  readonly otherHeader: string | null
}

export interface Inspection {
  /** How the file is read; of what is unproved, the first choice. */
  readonly format: Format
  readonly evidence: Evidence
  readonly unproved: Unproved
  /** A link leads to the file, so that none of its text is here: no names, no values, and no mapping is proposed. */
  readonly isLinked: boolean
  /** Whether the sample is the whole file. */
  readonly isWhole: boolean
  /** Well-formed records of the sample: those whose fields are counted. */
  readonly records: number
  /** In their order. */
  readonly fields: ReadonlyArray<Field>
  readonly mapping: {
    /** The proposed one, or the given one. */
    readonly object: MappingObject
    /** The same without what is unproved; null: nothing proves which field is `email`. */
    readonly proved: ColumnMapping | null
  }
  /** By `mapping.proved`; null without one. */
  readonly check: SampleCheck | null
  /** The names of the fields that no target takes, candidates included. */
  readonly notLoaded: ReadonlyArray<string>
}
