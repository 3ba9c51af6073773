// The files of a run: listed, registered, and checked against earlier column mappings.

import { Effect, Stream } from "effect"
import { otherFormat } from "../domain/FormatError.ts"
import { loadedByOther, unfinishedByOther } from "../domain/otherMapping.ts"
import { explain } from "../observability/Advice.ts"
import { collectLeftOut, reportLeftOut } from "../observability/LeftOut.ts"
import { reportProgress } from "../observability/Progress.ts"
import { type FileLoad, RunRepo, type RunRequest } from "../repo/RunRepo.ts"
import { Source } from "../source/Source.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { uriInRun } from "../domain/stdin.ts"

/** Fails where an earlier attempt read a file with another column mapping, or in another format. */
const checkLoads = Effect.fnUntraced(function* (loads: ReadonlyArray<FileLoad<SourceFile>>, request: RunRequest) {
  if (request.force) return
  const started = loads.filter((load) => load.state === "otherMapping")
  if (started.length > 0) return yield* unfinishedByOther(started.map(({ file }) => file.uri))
  const other = loads.find((load) => load.state === "otherFormat")
  if (other !== undefined) return yield* otherFormat(other.file.uri, other.format, request.format)
  const loaded = loads.filter((load) => load.isLoadedByOtherMapping)
  if (loaded.length > 0) yield* Effect.logWarning(yield* explain(loadedByOther(loaded.map(({ file }) => file.uri))))
})

/** Whether anything is left to do for the file. */
export const isToLoad = ({ state }: FileLoad<SourceFile>, { force }: RunRequest): boolean => force || state !== "loaded"

/** The file under its URI in the run. */
const inRun = (file: SourceFile, runId: number): SourceFile => {
  const uri = uriInRun(file.uri, runId)
  return uri === file.uri ? file : { ...file, uri, name: uri }
}

/** Lists the source's files and registers them for the run. Keeps why some of them cannot be read. */
export const listFiles = Effect.fnUntraced(function* (runId: number, request: RunRequest) {
  const source = yield* Source
  const runs = yield* RunRepo
  const { leftOut, listed } = yield* collectLeftOut(
    Stream.runCollect(Stream.map(source.files, (file) => inRun(file, runId))),
  )
  const files = listed.filter(({ problem }) => problem === undefined)
  const problems = yield* Effect.forEach(
    listed.flatMap(({ name, problem, uri }) => (problem === undefined ? [] : { uri, name, failure: problem })),
    (problem) => Effect.map(explain(problem.failure), (error) => ({ ...problem, error })),
  )
  if (problems.length > 0) yield* runs.keepProblems(runId, problems)
  const loads = yield* runs.register(runId, request, files)
  yield* checkLoads(loads, request)
  const toLoad = loads.filter((load) => isToLoad(load, request))
  yield* reportProgress({
    _tag: "Listed",
    source: request.source,
    files: listed.length,
    toLoad: toLoad.length,
    bytes: toLoad.reduce((sum, { file }) => sum + file.size, 0),
  })
  yield* Effect.forEach(leftOut, reportLeftOut)
  for (const { uri, error } of problems) {
    yield* Effect.logError(error).pipe(Effect.annotateLogs({ step: "Extract", file: uri }))
  }
  return { loads, problems }
})
