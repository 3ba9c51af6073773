// Stops the program where a record that was read has no outcome, or two: the outcomes must add up to what was read.

import { Effect } from "effect"
import { type RecordCounts, unaccounted } from "../domain/RunSummary.ts"

/** Dies where the outcomes do not add up to the records read. `what`: the file, or the run. */
export const checkCounts = (what: string, counts: RecordCounts) =>
  unaccounted(counts) === 0
    ? Effect.void
    : Effect.die(new Error(`${what}: the outcomes do not add up to the records read: ${JSON.stringify(counts)}`))
