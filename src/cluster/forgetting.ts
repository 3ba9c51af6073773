import { Effect, Schedule } from "effect"
import { Singleton } from "effect/cluster"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { LoadPart, LoadRun, SplitFile } from "./LoadRun.ts"

/** Each look reads what the engine keeps: 0.1 s where a run of 20,000 files is under way. */
const glance = "5 seconds"

const workflows = [LoadRun, SplitFile, LoadPart].map(({ _tag }) => _tag)

/**
 * One worker at a time deletes the engine's messages of runs that have ended; the engine never does. A run cannot delete its
 * own: the engine keeps the run's last answer after it has ended, and a worker may die in between.
 *
 * The engine's `clearAddress` takes one execution and reads the whole table for it: half an hour for 20,000 files.
 */
export const layer = Singleton.make(
  "Forgetting",
  Effect.gen(function* () {
    const { forgetMessages } = yield* ClusterRuns
    const forget = forgetMessages(workflows).pipe(Effect.catch(({ message }) => Effect.logWarning(message)))
    yield* Effect.repeat(forget, Schedule.spaced(glance))
  }),
)
