// Logs why records of a run were rejected, a line for each reason: every reject is in `etl_rejects`.

import { Effect } from "effect"
import type { RunSummary } from "../domain/RunSummary.ts"
import { plural } from "../text/format.ts"

/** The most reasons that get a line of their own. */
const maxReasons = 10

export const reportRejects = Effect.fnUntraced(
  function* (reasons: RunSummary["rejectedFor"]) {
    for (const { reason, records, file, line } of reasons.slice(0, maxReasons)) {
      const which = records === 1 ? "at" : "first at"
      yield* Effect.logWarning(`${plural(records, "record")} rejected: ${reason}, ${which} ${file}:${line}`)
    }
    const others = reasons.length - maxReasons
    if (others > 0) yield* Effect.logWarning(`Records were rejected for ${plural(others, "other reason")} too.`)
  },
  Effect.annotateLogs({ step: "Transform" }),
)
