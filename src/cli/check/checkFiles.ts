// Checks the source, the headers of its files, and the log file.

import { Context, Effect, FileSystem, Layer, Option, Path, Redacted, Stream } from "effect"
import type { MappingFile } from "../../domain/MappingFile.ts"
import { formatBytes, formatNumber, plural } from "../../text/format.ts"
import { collectLeftOut, explainLeftOut } from "../../observability/LeftOut.ts"
import { unfit } from "../../observability/Logging.ts"
import { frame } from "../../csv/frameRecords.ts"
import { readText } from "../../pipeline/decompress.ts"
import { describeReading } from "../../pipeline/reportFormat.ts"
import { headerErrorOf } from "../../pipeline/headerError.ts"
import { Source } from "../../source/Source.ts"
import type { SourceFile } from "../../domain/SourceFile.ts"
import { attempt, type Finding, fromError, note, ok, skipped, wrong } from "./finding.ts"

/** Files whose headers are read. */
const filesRead = 1_000

/** Files that are named if their headers do not fit. */
const filesNamed = 10

const filesAtOnce = 8

interface CheckHeaderOptions extends MappingFile {
  readonly maxRecordSize: number
}

interface CheckedHeader {
  readonly findings: ReadonlyArray<Finding>
  /** How the file is read, where that is not plain, and which of its fields are not loaded. */
  readonly format: string | undefined
}

/** Reads only as far as the format needs: the header fits then. */
const checkHeader = (source: Source["Service"], file: SourceFile, options: CheckHeaderOptions) =>
  readText(source, file, 0).pipe(
    frame({ ...options, isLinked: file.isLinked, resume: undefined }),
    Stream.catchTag("HeaderError", (error) => Stream.fail(headerErrorOf(file, error))),
    Stream.runHead,
    Effect.map((first): CheckedHeader => {
      const described = Option.isNone(first) ? [] : describeReading(first.value.header, file)
      return { findings: [], format: described.length === 0 ? undefined : `${file.name}: ${described.join("; ")}` }
    }),
    Effect.catch((error) =>
      Effect.map(fromError("headers", error), (found): CheckedHeader => {
        const shown = "shown" in error && error.shown !== undefined ? ` ${Redacted.value(error.shown)}` : ""
        return { findings: [{ ...found, text: `${found.text}${shown}` }], format: undefined }
      }),
    ),
  )

const checkHeaders = Effect.fnUntraced(function* (
  source: Source["Service"],
  files: ReadonlyArray<SourceFile>,
  options: CheckHeaderOptions,
) {
  const checked = files.slice(0, filesRead)
  const headers = yield* Effect.forEach(checked, (file) => checkHeader(source, file, options), {
    concurrency: filesAtOnce,
  })
  const bad = headers.flatMap(({ findings }) => findings)
  const formats = headers.flatMap(({ format }) => format ?? [])
  const others = formats.length - filesNamed
  const more = bad.length - filesNamed
  const described =
    files.length === 1
      ? "the file's header fits"
      : checked.length < files.length
        ? `the first ${formatNumber(checked.length)} of ${formatNumber(files.length)} headers fit`
        : `all ${formatNumber(files.length)} headers fit`
  return [
    ...bad.slice(0, filesNamed),
    ...(more > 0 ? [wrong("headers", `${plural(more, "other file")} cannot be read either`, bad[0]!.code)] : []),
    ...formats.slice(0, filesNamed).map((text) => ok("format", text)),
    ...(others > 0 ? [ok("format", `${plural(others, "other file")} too`)] : []),
    ...(bad.length === 0 && checked.length > 0 ? [ok("headers", `${described} the mapping`)] : []),
  ]
})

/** The source, and the headers of its files. */
export const checkSource = Effect.fnUntraced(
  function* <E, R>(layer: Layer.Layer<Source, E, R>, mapping: Option.Option<MappingFile>, maxRecordSize: number) {
    const source = Context.get(yield* Layer.build(layer), Source)
    const { leftOut, listed } = yield* collectLeftOut(Stream.runCollect(source.files))
    const files = listed.filter(({ problem }) => problem === undefined)
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    const problems = listed.flatMap(({ problem }) => problem ?? [])
    return [
      ok("source", `${plural(files.length, "file")}, ${formatBytes(bytes)}, in ${source.uri}`),
      ...[...(yield* Effect.forEach(leftOut, explainLeftOut)), ...leftOut.map(({ details }) => details)]
        .flat()
        .map((text) => note("source", text)),
      ...(yield* Effect.forEach(problems, (problem) => fromError("source", problem))),
      ...(Option.isSome(mapping)
        ? yield* checkHeaders(source, files, { ...mapping.value, maxRecordSize })
        : [skipped("headers", "the mapping must be valid first")]),
    ]
  },
  (effect) => attempt("source", effect),
  Effect.scoped,
)

/** Whether the log can be written. Creates no file. */
export const checkLog = Effect.fnUntraced(function* (logfile: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const problem = yield* unfit(logfile)
  if (problem !== undefined) return yield* fromError("log", problem)
  const isThere = yield* Effect.orElseSucceed(fs.exists(logfile), () => false)
  const written = isThere ? logfile : path.dirname(path.resolve(logfile))
  return yield* fs.access(written, { writable: true }).pipe(
    Effect.as(ok("log", logfile)),
    Effect.orElseSucceed(() => wrong("log", `${logfile} cannot be written. Name another with --logfile FILE`, 2)),
  )
})
