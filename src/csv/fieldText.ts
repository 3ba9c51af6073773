// What splits the text of records into fields, and what both ways to do it share.

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

/** A space or a tab. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Whether that part of a text is an unquoted `\N`. */
export const isNull = (text: string, start: number, end: number): boolean =>
  end - start === 2 && text.charCodeAt(start) === 0x5c && text.charCodeAt(start + 1) === 0x4e
