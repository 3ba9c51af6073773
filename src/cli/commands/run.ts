// `etl run`: loads the source's files.

import { Command } from "effect/cli"
import { runChecks, runFlags, runGroups } from "../flags/runFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { runExitCodes } from "../usage/exitCodes.ts"

export const run = lazyCommand("run", runFlags, () => import("../handlers/run.ts")).pipe(
  Command.withDescription(
    "Load CSV files into PostgreSQL, one row per user, and locate their addresses. The word run may be left out.",
  ),
  Command.withShortDescription("Load CSV files, one row per user, and locate their addresses"),
  Command.withExamples([
    { command: "etl --source ./input/ --chunksize 1000", description: "Load a folder" },
    { command: "etl --source ./input/ --dry-run", description: "Check a folder, write nothing" },
    { command: "etl --source ./input/ --geo mmdb,ip-api", description: "Locate by local files, ask for the rest" },
    { command: "etl --source user_activity --aws --bucket em-datasets", description: "Load from S3" },
    { command: "etl --source /mnt/exports --cluster", description: "Let workers load it" },
  ]),
  withUsage({ config: runFlags, groups: runGroups, checks: runChecks, exitCodes: runExitCodes }),
)
