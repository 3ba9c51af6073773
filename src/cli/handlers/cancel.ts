// The work of `etl cancel`.

import { Console, Effect } from "effect"
import { ClusterRuns } from "../../repo/ClusterRuns.ts"
import type { CancelFlags } from "../commands/cancel.ts"
import { logEnd } from "../Defect.ts"
import { existingRepositories, withLog } from "../layers.ts"
import { findClusterRun } from "../findClusterRun.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

export const layer = (flags: CancelFlags) => existingRepositories(flags).pipe(withLog(flags))

/** Looked so often, a second apart, whether the workers have stopped. */
const mostLooks = 30

const awaitEnd = Effect.fnUntraced(function* (runId: number) {
  const clusterRuns = yield* ClusterRuns
  for (let look = 0; look < mostLooks && (yield* clusterRuns.workers) > 0; look++) {
    if ((yield* clusterRuns.standing(runId)).isEnded) {
      return yield* Console.log(
        `Run ${runId} is cancelled. What it has committed stays; the same etl run command goes on with it.`,
      )
    }
    yield* Effect.sleep("1 second")
  }
  yield* Console.log(
    (yield* clusterRuns.workers) === 0
      ? `Run ${runId} is cancelled; no worker is there, and the next one to start ends it.`
      : `Run ${runId} is cancelled, and its workers have not ended it within ${mostLooks} s: they do between two chunks. etl runs ${runId} tells when.`,
  )
})

export const handler = Effect.fn("cancel")(function* (flags: CancelFlags) {
  const clusterRuns = yield* ClusterRuns
  const standing = yield* findClusterRun(flags.run)
  const { isEnded, runId } = standing
  if (isEnded) return yield* Console.log(`Run ${runId} has ended already: etl runs ${runId}${sameDatabase(flags)}`)
  yield* clusterRuns.cancel(standing)
  yield* awaitEnd(runId).pipe(Effect.onInterrupt(() => Console.error(`Run ${runId} stays cancelled.`)))
}, logEnd)
