// Rows that are used again: making new ones takes ten times as long as filling them.

import { Rows } from "./Rows.ts"

/** More than are under way at once: the others are left to the collector. */
const mostKept = 16

/** Rows with room for as many rows and bytes from the start. */
export class RowsPool {
  private readonly kept: Array<Rows> = []
  private readonly rows: number
  private readonly bytes: number

  constructor(rows: number, bytes: number) {
    this.rows = rows
    this.bytes = bytes
  }

  /** Rows without a row, which come back when they are released. */
  take(): Rows {
    const rows = this.kept.pop() ?? new Rows(this.rows, this.bytes, (released) => this.keep(released))
    rows.clear()
    return rows
  }

  private keep(rows: Rows): void {
    if (this.kept.length < mostKept) this.kept.push(rows)
  }
}
