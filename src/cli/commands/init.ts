// `etl init`: creates or upgrades the tables.

import { Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

export const init = lazyCommand("init", databaseFlags, () => import("../handlers/init.ts")).pipe(
  Command.withDescription(
    "Create or upgrade the tables, and adopt a users table of the Python system; safe to repeat. A run does this itself.",
  ),
  Command.withShortDescription("Create or upgrade the tables; a run does this itself"),
  Command.withExamples([{ command: "etl init", description: "Of the configured database" }]),
  withUsage({ config: databaseFlags, groups: [databaseGroup], checks: databaseChecks, exitCodes: plainExitCodes }),
)
