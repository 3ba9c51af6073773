// Checks the source, and the log file.

import { Context, Effect, FileSystem, Layer, Option, Path, Stream } from "effect"
import type { MappingFile } from "../../domain/MappingFile.ts"
import { formatBytes, plural } from "../../text/format.ts"
import { collectLeftOut, explainLeftOut } from "../../observability/LeftOut.ts"
import { unfit } from "../../observability/Logging.ts"
import { Source } from "../../source/Source.ts"
import { checkHeaders } from "./checkHeaders.ts"
import { attempt, fromError, note, ok, skipped, wrong } from "./finding.ts"

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
