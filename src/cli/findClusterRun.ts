// Finds the run of a cluster that a command names.

import { Effect } from "effect"
import type { RunName } from "../domain/RunRecord.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { UsageError } from "./CommandError.ts"
import { etl } from "../text/etl.ts"

/** The last attempt of a run; fails if it was started without --cluster. */
export const findClusterRun = Effect.fnUntraced(function* (run: RunName) {
  const standing = yield* (yield* ClusterRuns).standing(run)
  const { execution, runId } = standing
  if (execution !== null) return standing
  return yield* new UsageError({
    message: `Run ${runId} was not started with --cluster. ${etl} runs ${runId} shows it.`,
  })
})
