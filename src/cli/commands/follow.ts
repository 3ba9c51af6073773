import { Effect, type Layer, Option } from "effect"
import { Argument, Command } from "effect/cli"
import type { GeoLocator } from "../../geo/GeoLocator.ts"
import { ClusterRuns } from "../../repo/ClusterRuns.ts"
import type { LocationQueue } from "../../repo/LocationQueue.ts"
import { UserRepo } from "../../repo/UserRepo.ts"
import { UsageError } from "../CommandError.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { logEnd } from "../Defect.ts"
import { withDisplay } from "../output/display.ts"
import { runExitCodes } from "../usage/exitCodes.ts"
import { tellGoingOn } from "../output/goingOn.ts"
import { locatorFlags } from "../flags/locatorFlags.ts"
import { outputFlags, outputGroup } from "../flags/outputFlags.ts"
import { formatForPeople, printSummary } from "../output/printSummary.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { expectedRunName, parseRunName } from "../flags/runName.ts"

/** What it takes to follow a run. */
export type FollowServices = ClusterRuns | LocationQueue | UserRepo | GeoLocator

/** Which run of a cluster. */
export const clusterRun = Argument.String("RUN").pipe(
  Argument.filterMap(parseRunName, () => expectedRunName),
  Argument.withDescription("Which run of the cluster: latest, or its number"),
)

const placeFlags = { locateFor: locatorFlags.locateFor }

const followFlags = { run: clusterRun, ...placeFlags, ...outputFlags, ...databaseFlags }
export type FollowFlags = Command.Command.Config.Infer<typeof followFlags>

/** The last attempt of a run that a cluster loads, or has loaded. */
export const standingOf = Effect.fnUntraced(function* ({ run }: Pick<FollowFlags, "run">) {
  const standing = yield* (yield* ClusterRuns).standing(run)
  const { execution, runId } = standing
  if (execution !== null) return standing
  return yield* new UsageError({
    message: `Run ${runId} is none of a cluster: its last attempt was begun without --cluster. etl runs ${runId} shows it.`,
  })
})

const execute = Effect.fn("follow")(
  function* (flags: FollowFlags) {
    const standing = yield* standingOf(flags)
    const { follow } = yield* Effect.promise(() => import("../../cluster/follow.ts"))
    const summary = yield* follow({ ...standing, locateFor: Option.getOrUndefined(flags.locateFor) }).pipe(
      tellGoingOn(standing.runId, flags),
      withDisplay(flags),
    )
    const database = (yield* UserRepo).name
    const text = formatForPeople(summary, { maxRejects: undefined, same: sameDatabase(flags), database })
    yield* printSummary(summary, { ...flags, dryRun: false, database }, text)
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)

/** `etl follow`: shows how far a run of a cluster has come, and how it ends. */
export const follow = <E>(services: (flags: FollowFlags) => Layer.Layer<FollowServices, E>) =>
  Command.make("follow", followFlags, execute).pipe(
    Command.provide(services),
    Command.withDescription(
      "Follow a run that etl run --cluster has handed over, and print its summary when it has ended. The run goes on when this command is interrupted.",
    ),
    Command.withShortDescription("Follow a run that workers load (etl run --cluster)"),
    Command.withExamples([{ command: "etl follow latest" }, { command: "etl follow 7 --json" }]),
    withUsage({
      config: followFlags,
      groups: [{ title: "Places", flags: placeFlags }, outputGroup, databaseGroup],
      checks: databaseChecks,
      exitCodes: { ...runExitCodes, 130: "interrupted, or the run was cancelled" },
    }),
  )
