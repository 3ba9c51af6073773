// Every record read ends as exactly one outcome.

import { Effect } from "effect"
import { type RecordCounts, unaccounted } from "../domain/RunSummary.ts"

/** Dies where the outcomes do not add up to the records read. `what`: the file, or the run. */
export const checkSum = (what: string, counts: RecordCounts) =>
  unaccounted(counts) === 0
    ? Effect.void
    : Effect.die(new Error(`${what}: the outcomes do not add up to the records read: ${JSON.stringify(counts)}`))
