// What reads the records of a text, and what they are read into.

/**
 * The text of a record's field, by its index; empty where the record lacks it. Only valid while that record is being
 * read.
 */
export type FieldAt = (index: number) => string

/** Why a record cannot be split into fields. */
export interface Malformed {
  readonly problem: string
}

/** Makes something of a record's fields. */
export type ReadRecord<A> = (field: FieldAt, count: number) => A

export type Split<A> = (text: string) => ReadonlyArray<A> | Malformed
