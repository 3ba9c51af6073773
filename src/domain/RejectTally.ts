import { Schema } from "effect"
import { describeReason, type Reject } from "./Reject.ts"

/** How many records were rejected for a reason, and where the first of them is. */
export const RejectedFor = Schema.Struct({
  /** The column at fault, and what is wrong with it. No value of the record. */
  reason: Schema.String,
  records: Schema.Int,
  /** The file's name, and the line that the record begins at. */
  file: Schema.String,
  line: Schema.Int,
})
export type RejectedFor = typeof RejectedFor.Type

/** Reasons that are told apart: constraints and triggers may give any number of them. */
const mostReasons = 50
const others = "for other reasons"

/** Counts rejects by reason. */
export class RejectTally {
  private readonly byReason = new Map<string, { records: number; readonly file: string; readonly line: number }>()

  add(file: string, rejects: ReadonlyArray<Reject>): void {
    for (const { line, reasons } of rejects) {
      for (const described of new Set(reasons.map(describeReason))) {
        const isKept = this.byReason.has(described) || this.byReason.size < mostReasons
        const reason = isKept ? described : others
        const known = this.byReason.get(reason)
        if (known === undefined) this.byReason.set(reason, { records: 1, file, line })
        else known.records++
      }
    }
  }

  /** The most frequent first. A record with two reasons counts for both. */
  get reasons(): ReadonlyArray<RejectedFor> {
    return Array.from(this.byReason, ([reason, { records, file, line }]) => ({ reason, records, file, line })).sort(
      (left, right) => right.records - left.records,
    )
  }
}
