// `etl follow`: shows how a run of workers proceeds, and its summary when it ends.

import { Effect, Option } from "effect"
import { follow } from "../../cluster/follow.ts"
import { Database } from "../../domain/Database.ts"
import { watching } from "../clusterLayers.ts"
import type { FollowFlags } from "../commands/follow.ts"
import { logEnd } from "../Defect.ts"
import { withLog } from "../layers.ts"
import { withDisplay } from "../output/display.ts"
import { printRunContinues } from "../output/runContinues.ts"
import { formatForPeople, printSummary } from "../output/printSummary.ts"
import { findClusterRun } from "../findClusterRun.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

export const layer = (flags: FollowFlags) => watching(flags).pipe(withLog(flags))

export const handler = Effect.fn("follow")(
  function* (flags: FollowFlags) {
    const standing = yield* findClusterRun(flags.run)
    const summary = yield* follow({ ...standing, locateFor: Option.getOrUndefined(flags.locateFor) }).pipe(
      printRunContinues(standing.runId, flags),
      withDisplay(flags),
    )
    const database = (yield* Database).name
    const text = formatForPeople(summary, { maxRejects: undefined, same: sameDatabase(flags), database })
    yield* printSummary(summary, { ...flags, dryRun: false, database }, text)
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)
