// Deletes the engine's messages of runs that have ended.

import { Effect, Schedule } from "effect"
import { Singleton } from "effect/cluster"
import { explain } from "../observability/Advice.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { LoadPart, LoadRun, SplitFile } from "./LoadRun.ts"

/** Each time reads all messages of the engine: 0.1 s where a run of 20,000 files is under way. */
const interval = "5 seconds"

const workflows = [LoadRun, SplitFile, LoadPart].map(({ _tag }) => _tag)

/**
 * One worker at a time does it; the engine never deletes messages. A run cannot delete its own: the engine stores the
 * run's last answer after the run has ended, and a worker may die in between.
 *
 * The engine's `clearAddress` takes one execution and reads the whole table for it: half an hour for 20,000 files.
 */
export const layer = Singleton.make(
  "Forgetting",
  Effect.gen(function* () {
    const { forgetMessages } = yield* ClusterRuns
    const forget = forgetMessages(workflows).pipe(
      Effect.catch((error) => Effect.flatMap(explain(error), Effect.logWarning)),
    )
    yield* Effect.repeat(forget, Schedule.spaced(interval))
  }),
)
