import { Console, Effect, type Layer } from "effect"
import { Command } from "effect/cli"
import { ClusterRuns } from "../../repo/ClusterRuns.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { logEnd } from "../Defect.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"
import { clusterRun, standingOf } from "./follow.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

const cancelFlags = { run: clusterRun, ...databaseFlags }
export type CancelFlags = Command.Command.Config.Infer<typeof cancelFlags>

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

const execute = Effect.fn("cancel")(function* (flags: CancelFlags) {
  const clusterRuns = yield* ClusterRuns
  const standing = yield* standingOf(flags)
  const { isEnded, runId } = standing
  if (isEnded) return yield* Console.log(`Run ${runId} has ended already: etl runs ${runId}${sameDatabase(flags)}`)
  yield* clusterRuns.cancel(standing)
  yield* awaitEnd(runId).pipe(Effect.onInterrupt(() => Console.error(`Run ${runId} stays cancelled.`)))
}, logEnd)

/** `etl cancel`: stops a run of a cluster between chunks. */
export const cancel = <E>(services: (flags: CancelFlags) => Layer.Layer<ClusterRuns, E>) =>
  Command.make("cancel", cancelFlags, execute).pipe(
    Command.provide(services),
    Command.withDescription(
      "Stop a run that etl run --cluster has handed over, between two chunks. What is committed stays.",
    ),
    Command.withShortDescription("Stop a run that workers load (etl run --cluster)"),
    Command.withExamples([{ command: "etl cancel latest" }, { command: "etl cancel 7" }]),
    withUsage({ config: cancelFlags, groups: [databaseGroup], checks: databaseChecks, exitCodes: plainExitCodes }),
  )
