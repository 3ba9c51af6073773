// Counts the rejects of a run by reason, and keeps where the first of each is.

import { Schema } from "effect"
import { describeReason, type Reject } from "./Reject.ts"

/** How many records were rejected for a reason, and where the first of them is. */
export const RejectedFor = Schema.Struct({
  /** The column at fault, and what is wrong with it. Has no value of the record. */
  reason: Schema.String,
  records: Schema.Int,
  /** The file's name, and the line on which the record starts. */
  file: Schema.String,
  line: Schema.Int,
})
export interface RejectedFor extends Schema.Schema.Type<typeof RejectedFor> {}

/** Reasons that are counted apart: constraints and triggers may give any number of them. */
const maxReasons = 50
const others = "other reasons"

/** A file, and its number: files that are read at once report their rejects in any order. */
interface RejectFile {
  readonly name: string
  readonly number: number
}

export class RejectTally {
  private readonly byReason = new Map<string, { records: number; file: RejectFile; line: number }>()

  /** Counts rejects of one file, in the file's order. */
  add(file: RejectFile, rejects: ReadonlyArray<Reject>): void {
    for (const { line, reasons } of rejects) {
      const counted = new Set<string>()
      for (const reason of reasons) {
        const described = describeReason(reason)
        const isKept = this.byReason.has(described) || this.byReason.size < maxReasons
        const name = isKept ? described : others
        if (counted.has(name)) continue
        counted.add(name)
        this.count(name, file, line)
      }
    }
  }

  private count(reason: string, file: RejectFile, line: number): void {
    const known = this.byReason.get(reason)
    if (known === undefined) {
      this.byReason.set(reason, { records: 1, file, line })
      return
    }
    known.records++
    if (file.number < known.file.number) Object.assign(known, { file, line })
  }

  /** The counts, the most frequent reason first. A record with two reasons counts for both. */
  get reasons(): ReadonlyArray<RejectedFor> {
    return Array.from(this.byReason, ([reason, { records, file, line }]) => ({
      reason,
      records,
      file: file.name,
      line,
    })).sort((left, right) => right.records - left.records)
  }
}
