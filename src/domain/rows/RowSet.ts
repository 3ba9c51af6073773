// Some rows of a chunk: what one connection writes of it.

import type { UserRecord, Winner } from "../UserRecord.ts"
import { type LastVersions, lastVersions, winnersOf } from "./LastVersions.ts"
import { Rows } from "./Rows.ts"
import { addRecord } from "./addRecord.ts"
import { rowRecord } from "./rowValues.ts"

/** Rows by their numbers, in the file's order. What is made of them is made when it is asked for, once. */
export class RowSet {
  readonly rows: Rows
  readonly numbers: Int32Array
  #versions: LastVersions | undefined
  #records: ReadonlyArray<UserRecord> | undefined
  #winners: ReadonlyArray<Winner> | undefined

  constructor(rows: Rows, numbers: Int32Array) {
    this.rows = rows
    this.numbers = numbers
  }

  /** All rows. */
  static all(rows: Rows): RowSet {
    return new RowSet(
      rows,
      Int32Array.from({ length: rows.count }, (_, number) => number),
    )
  }

  /** Rows for users that are objects already. */
  static of(records: ReadonlyArray<UserRecord>): RowSet {
    const rows = new Rows(records.length, records.length * 128)
    for (const record of records) addRecord(rows, record)
    return RowSet.all(rows)
  }

  get count(): number {
    return this.numbers.length
  }

  get versions(): LastVersions {
    return (this.#versions ??= lastVersions(this.rows, this.numbers))
  }

  /** The records as objects. */
  get records(): ReadonlyArray<UserRecord> {
    return (this.#records ??= Array.from(this.numbers, (number) => rowRecord(this.rows, number)))
  }

  /** The last versions as objects. */
  get winners(): ReadonlyArray<Winner> {
    return (this.#winners ??= winnersOf(this.versions))
  }
}
