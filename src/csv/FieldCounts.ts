// How many fields the records of a file have.

export interface FieldCounts {
  /** As many as the header has names. */
  readonly named: number
  /** With those of the header's end that have no name: a record may have them or not. */
  readonly all: number
}
