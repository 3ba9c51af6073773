import { Effect } from "effect"
import { plural } from "../text/format.ts"
import { type RecordCounts, type RunSummary, unaccounted } from "../domain/RunSummary.ts"

/** Reasons that get a line of their own. */
const toldReasons = 10

/** Why records were rejected: each is in `etl_rejects`. */
export const tellRejects = Effect.fnUntraced(
  function* (reasons: RunSummary["rejectedFor"]) {
    for (const { reason, records, file, line } of reasons.slice(0, toldReasons)) {
      const which = records === 1 ? "at" : "first at"
      yield* Effect.logWarning(`${plural(records, "record")} rejected: ${reason}, ${which} ${file}:${line}`)
    }
    const others = reasons.length - toldReasons
    if (others > 0) yield* Effect.logWarning(`Records were rejected for ${plural(others, "other reason")} too.`)
  },
  Effect.annotateLogs({ step: "Transform" }),
)

/** Every record read ended as exactly one outcome. */
export const checkSum = (what: string, counts: RecordCounts) =>
  unaccounted(counts) === 0
    ? Effect.void
    : Effect.die(new Error(`${what}: the outcomes do not add up to the records read: ${JSON.stringify(counts)}`))
