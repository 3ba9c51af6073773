// `etl cancel`: cancels a run of a cluster between chunks.

import { Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { clusterRun } from "../flags/runName.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

const cancelFlags = { run: clusterRun, ...databaseFlags }
export type CancelFlags = Command.Command.Config.Infer<typeof cancelFlags>

export const cancel = lazyCommand("cancel", cancelFlags, () => import("../handlers/cancel.ts")).pipe(
  Command.withDescription(
    "Cancel a run that etl run --cluster has handed over, between two chunks. What is committed stays.",
  ),
  Command.withShortDescription("Cancel a run that workers load (etl run --cluster)"),
  Command.withExamples([{ command: "etl cancel latest" }, { command: "etl cancel 7" }]),
  withUsage({ config: cancelFlags, groups: [databaseGroup], checks: databaseChecks, exitCodes: plainExitCodes }),
)
