// `etl rejects`: lists the records that a run could not load, writes them to a file, or deletes them; lists bad values.

import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { optional, toggle } from "../flags/documented.ts"
import { file } from "../flags/pathFlags.ts"
import { runFlag } from "../flags/runName.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

const ownFlags = {
  run: optional(runFlag("run"), "Run whose rejects are meant: latest, or its number", { unset: "latest" }),
  values: toggle("values", "Bad values instead: those that could not be used and are null (--on-bad-value null)"),
  json: toggle("json", "Print a JSON array"),
  out: optional(
    file("out").pipe(
      // The file is not compressed.
      Flag.filter(
        (path) => !/\.(?:gz|zst)$/i.test(path),
        () => "a file name that does not end in .gz or .zst, such as fix.csv",
      ),
    ),
    "Write the records to a CSV file to correct and load, the reasons to another beside it",
  ),
  delete: optional(
    runFlag("delete"),
    "Delete the rejects and bad values, which hold personal data, of a run: latest, or its number; with --values the values alone",
  ),
}

const rejectsFlags = { ...ownFlags, ...databaseFlags }

export type RejectsFlags = Command.Command.Config.Infer<typeof rejectsFlags>

const rejectsChecks = [
  check<RejectsFlags>()(["run", "out", "delete"], (flags) =>
    Option.isSome(flags.delete) && (Option.isSome(flags.run) || Option.isSome(flags.out))
      ? "--delete cannot be combined with --run or --out."
      : undefined,
  ),
  check<RejectsFlags>()(["json", "out", "delete"], (flags) =>
    flags.json && (Option.isSome(flags.out) || Option.isSome(flags.delete))
      ? "--json cannot be combined with --out or --delete."
      : undefined,
  ),
  check<RejectsFlags>()(["values", "out"], (flags) =>
    flags.values && Option.isSome(flags.out)
      ? "--values cannot be combined with --out: the records of these values are loaded."
      : undefined,
  ),
  ...databaseChecks,
]

export const rejects = lazyCommand("rejects", rejectsFlags, () => import("../handlers/rejects.ts")).pipe(
  Command.withDescription(
    "List the records that a run could not load, write them to a file to correct, or delete them.",
  ),
  Command.withShortDescription("List, write or delete the records that could not be loaded"),
  Command.withExamples([
    { command: "etl rejects", description: "List those of the latest run" },
    { command: "etl rejects --json", description: "The same for another program" },
    { command: "etl rejects --run 3 --out fix.csv", description: "Write those of run 3; correct them, load fix.csv" },
    { command: "etl rejects --values", description: "List the values that could not be used and are null" },
    { command: "etl rejects --delete 3", description: "Delete those of run 3" },
  ]),
  withUsage({
    config: rejectsFlags,
    groups: [{ title: "Rejects", flags: ownFlags }, databaseGroup],
    checks: rejectsChecks,
    exitCodes: plainExitCodes,
  }),
)
