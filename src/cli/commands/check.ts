// `etl check`: whether a run would find all that it needs. Creates nothing, and asks no service.

import { Command } from "effect/cli"
import { checkChecks, checkFlags, checkGroups } from "../flags/checkFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { checkExitCodes } from "../usage/exitCodes.ts"

export const check = lazyCommand("check", checkFlags, () => import("../handlers/check.ts")).pipe(
  Command.withDescription(
    "Check settings, mapping, database, source and locator, and change nothing. Takes the flags of etl run.",
  ),
  Command.withShortDescription("Check what a run would find, and change nothing"),
  Command.withExamples([
    { command: "etl check", description: "All but the files" },
    { command: "etl check --source ./input/ --geo mmdb", description: "What a run would find" },
    { command: "etl check --json", description: "The same for another program" },
  ]),
  withUsage({ config: checkFlags, groups: checkGroups, checks: checkChecks, exitCodes: checkExitCodes }),
)
