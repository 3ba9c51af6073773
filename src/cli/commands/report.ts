// `etl report`: one HTML file about the users, a run and its rejects.

import { Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { optional, toggle, withDefault } from "../flags/documented.ts"
import { file } from "../flags/pathFlags.ts"
import { runFlag } from "../flags/runName.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

const ownFlags = {
  run: optional(runFlag("run"), "Run to report: latest, or its number", { unset: "latest" }),
  out: withDefault(file("out"), "report.html", "HTML file to write; replaces an earlier report, but no other file"),
  open: toggle("open", "Open the report in the browser"),
}

const reportFlags = { ...ownFlags, ...databaseFlags }

export type ReportFlags = Command.Command.Config.Infer<typeof reportFlags>

export const report = lazyCommand("report", reportFlags, () => import("../handlers/report.ts")).pipe(
  Command.withDescription(
    "Write a report about the users and a run: one HTML file, with counts only, that needs neither network nor scripts.",
  ),
  Command.withShortDescription("Write an HTML page about the users and a run"),
  Command.withExamples([
    { command: "etl report --open", description: "About the latest run, and open it" },
    { command: "etl report --run 3 --out run-3.html", description: "About run 3" },
  ]),
  withUsage({
    config: reportFlags,
    groups: [{ title: "Report", flags: ownFlags }, databaseGroup],
    checks: databaseChecks,
    exitCodes: plainExitCodes,
  }),
)
