// `etl cancel`: cancels a run and waits until its workers stop.

import { Console, Effect } from "effect"
import { ClusterRuns } from "../../repo/ClusterRuns.ts"
import type { CancelFlags } from "../commands/cancel.ts"
import { logEnd } from "../Defect.ts"
import { existingHistory, withLog } from "../layers.ts"
import { findClusterRun } from "../findClusterRun.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { etl } from "../../text/etl.ts"

export const layer = (flags: CancelFlags) => existingHistory(flags).pipe(withLog(flags))

/** Seconds to wait until the workers have stopped. */
const maxWait = 30

const awaitEnd = Effect.fnUntraced(function* (runId: number) {
  const clusterRuns = yield* ClusterRuns
  for (let waited = 0; waited < maxWait && (yield* clusterRuns.workers) > 0; waited++) {
    if ((yield* clusterRuns.standing(runId)).isEnded) {
      return yield* Console.log(
        `Run ${runId} is cancelled. What it has committed stays; the same etl run command resumes it.`,
      )
    }
    yield* Effect.sleep("1 second")
  }
  yield* Console.log(
    (yield* clusterRuns.workers) === 0
      ? `Run ${runId} is cancelled. No worker is running: the next one to start ends it.`
      : `Run ${runId} is cancelled. Its workers end it between two chunks, which takes longer than ${maxWait} s. ${etl} runs ${runId} shows when.`,
  )
})

export const handler = Effect.fn("cancel")(function* (flags: CancelFlags) {
  const clusterRuns = yield* ClusterRuns
  const standing = yield* findClusterRun(flags.run)
  const { isEnded, runId } = standing
  if (isEnded)
    return yield* Console.log(
      `Run ${runId} has already ended. To show it, run: ${etl} runs ${runId}${sameDatabase(flags)}`,
    )
  yield* clusterRuns.cancel(standing)
  yield* awaitEnd(runId).pipe(Effect.onInterrupt(() => Console.error(`Run ${runId} stays cancelled.`)))
}, logEnd)
