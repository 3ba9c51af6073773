// `etl follow`: shows the progress of a run of a cluster, and how it ends.

import { Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { locatorFlags } from "../flags/locatorFlags.ts"
import { outputFlags, outputGroup } from "../flags/outputFlags.ts"
import { clusterRun } from "../flags/runName.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { runExitCodes } from "../usage/exitCodes.ts"

const placeFlags = { locateFor: locatorFlags.locateFor }

const followFlags = { run: clusterRun, ...placeFlags, ...outputFlags, ...databaseFlags }
export type FollowFlags = Command.Command.Config.Infer<typeof followFlags>

export const follow = lazyCommand("follow", followFlags, () => import("../handlers/follow.ts")).pipe(
  Command.withDescription(
    "Follow a run that etl run --cluster has handed over, and print its summary when it ends. The run continues when this command is interrupted.",
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
