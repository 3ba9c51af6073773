import { Console, Effect, FileSystem, Layer, Option, Path } from "effect"
import { Command } from "effect/cli"
import { printable } from "../../text/printable.ts"
import { quote } from "../../text/shell.ts"
import { reportMark, reportMarkWithin } from "../../report/reportMark.ts"
import { ReportRepo } from "../../repo/ReportRepo.ts"
import { OutputFileError } from "../CommandError.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { logEnd } from "../Defect.ts"
import { optional, toggle, withDefault } from "../flags/documented.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"
import { freeName } from "../output/freeName.ts"
import { openFile } from "../output/openFile.ts"
import { failAt, makeOutputFiles } from "../output/outputFiles.ts"
import { file } from "../flags/pathFlags.ts"
import { runFlag } from "../flags/runName.ts"

const ownFlags = {
  run: optional(runFlag("run"), "Which run is reported: latest, or its number", { unset: "latest" }),
  out: withDefault(
    file("out"),
    "report.html",
    "The HTML file to write; an earlier report is replaced, no other file is",
  ),
  open: toggle("open", "Open the report in the browser"),
}

const reportFlags = { ...ownFlags, ...databaseFlags }

export type ReportFlags = Command.Command.Config.Infer<typeof reportFlags>

/** Where the report goes: nothing is there, or an earlier report is. A link is followed. */
const findTarget = Effect.fnUntraced(
  function* (out: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const refuse = (why: string, another = " with --out.") =>
      new OutputFileError({ path: out, message: `${out} ${why}. Name another file${another}` })
    const given = path.resolve(out)
    const directory = path.dirname(given)
    if ((yield* fs.stat(directory)).type !== "Directory") return yield* refuse("is in no directory")
    yield* fs.access(directory, { writable: true })
    if (!(yield* fs.exists(given))) return given
    const { type } = yield* fs.stat(given)
    if (type === "Directory") return yield* refuse("is a directory")
    if (type !== "File") return yield* refuse("is not a file")
    const isReport = yield* Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(given)
        const bytes = yield* file.readAlloc(reportMarkWithin)
        return Option.exists(bytes, (bytes) => Buffer.from(bytes).toString("latin1").includes(reportMark))
      }),
    )
    if (!isReport) {
      return yield* refuse("is no report of etl and is left as it is", `: --out ${quote(yield* freeName(out))}`)
    }
    return yield* fs.realPath(given)
  },
  (effect, out) => Effect.catchTag(effect, "PlatformError", (error) => Effect.fail(failAt(out)(error))),
)

/** Writes the file as a whole, or leaves what was there. */
const writeWhole = Effect.fnUntraced(function* (target: string, text: string) {
  const { create, publish } = yield* makeOutputFiles({ replaces: true })
  const file = yield* create(target)
  yield* file.write(new TextEncoder().encode(text))
  yield* file.finish
  yield* publish
}, Effect.scoped)

const execute = Effect.fn("report")(function* ({ open, out, run }: ReportFlags) {
  const repo = yield* ReportRepo
  const target = yield* findTarget(out)
  const data = yield* repo.read(Option.getOrElse(run, () => "latest" as const))
  // Maps and scales cost a tenth of a second that no other command should pay.
  const { page } = yield* Effect.promise(() => import("../../report/page.ts"))
  const text = page(data)
  yield* writeWhole(target, text)
  yield* Console.log(printable(target))
  yield* Effect.logDebug("report written").pipe(
    Effect.annotateLogs({ path: target, bytes: Buffer.byteLength(text), run: data.run?.runId ?? null }),
  )
  if (open && !(yield* openFile(target))) {
    yield* Effect.logWarning(`Nothing here opens the report. Open ${target} in a browser.`)
  }
}, logEnd)

/** `etl report`: one HTML file about the users, a run and its rejects, for people to forward. */
export const report = <E>(services: (flags: ReportFlags) => Layer.Layer<ReportRepo, E>) =>
  Command.make("report", reportFlags, execute).pipe(
    // A file that is in the way is told before a database is opened.
    Command.provide((flags) => Layer.unwrap(Effect.as(findTarget(flags.out), services(flags)))),
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
