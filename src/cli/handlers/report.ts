// `etl report`: writes the HTML page about the users and a run.

import { Console, Effect, FileSystem, Layer, Option, Path } from "effect"
import * as PgReportRepo from "../../postgres/report/PgReportRepo.ts"
import { ReportRepo } from "../../repo/ReportRepo.ts"
import { page } from "../../report/page.ts"
import { reportMark, reportMarkWithin } from "../../report/reportMark.ts"
import { printable } from "../../text/printable.ts"
import { quote } from "../../text/shell.ts"
import { OutputFileError } from "../CommandError.ts"
import type { ReportFlags } from "../commands/report.ts"
import { logEnd } from "../Defect.ts"
import { existingDatabase, withOptionalLog } from "../layers.ts"
import { freeName } from "../output/freeName.ts"
import { openFile } from "../output/openFile.ts"
import { failAt, makeOutputFiles } from "../output/outputFiles.ts"

/** The path to write: no file, or an earlier report. A link is followed. */
const findTarget = Effect.fnUntraced(
  function* (out: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const refuse = (why: string, another = " with --out.") =>
      new OutputFileError({ path: out, message: `${out} ${why}. Name another file${another}` })
    const given = path.resolve(out)
    const directory = path.dirname(given)
    if ((yield* fs.stat(directory)).type !== "Directory") return yield* refuse("is not in a directory")
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
      return yield* refuse("is not a report of etl and is not replaced", `: --out ${quote(yield* freeName(out))}`)
    }
    return yield* fs.realPath(given)
  },
  (effect, out) => Effect.catchTag(effect, "PlatformError", (error) => Effect.fail(failAt(out)(error))),
)

/** Refuses a file that is in the way before a database is opened. */
export const layer = (flags: ReportFlags) =>
  Layer.unwrap(
    Effect.as(
      findTarget(flags.out),
      PgReportRepo.layer.pipe(Layer.provide(existingDatabase(flags)), withOptionalLog(flags)),
    ),
  )

/** Writes the whole file, or leaves the old one. */
const writeWhole = Effect.fnUntraced(function* (target: string, text: string) {
  const { create, publish } = yield* makeOutputFiles({ replaces: true })
  const file = yield* create(target)
  yield* file.write(new TextEncoder().encode(text))
  yield* file.finish
  yield* publish
}, Effect.scoped)

export const handler = Effect.fn("report")(function* ({ open, out, run }: ReportFlags) {
  const repo = yield* ReportRepo
  const target = yield* findTarget(out)
  const data = yield* repo.read(Option.getOrElse(run, () => "latest" as const))
  const text = page(data)
  yield* writeWhole(target, text)
  yield* Console.log(printable(target))
  yield* Effect.logDebug("report written").pipe(
    Effect.annotateLogs({ path: target, bytes: Buffer.byteLength(text), run: data.run?.runId ?? null }),
  )
  if (open && !(yield* openFile(target))) {
    yield* Effect.logWarning(`The report cannot be opened from here. Open ${target} in a browser.`)
  }
}, logEnd)
