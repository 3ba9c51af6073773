// Loads the files of a run, in their order: small ones together, where the repository can do that.

import { Effect } from "effect"
import { type FileSummary, noRecords } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { reportProgress } from "../observability/Progress.ts"
import { type FileLoad, RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import * as FileLimit from "./FileLimit.ts"
import { fileSummary } from "./fileOutcome.ts"
import { type Group, groupFiles } from "./groupFiles.ts"
import { isToLoad } from "./listFiles.ts"
import { loadFile } from "./LoadFile.ts"
import { makeLoadSmallFiles } from "./LoadSmallFiles.ts"
import type { RunOptions } from "./PipelineOptions.ts"
import type { Run } from "./Run.ts"

/** Loads each file; returns their summaries, in the same order. */
export const loadAll = Effect.fnUntraced(function* (
  run: Run,
  options: RunOptions,
  loads: ReadonlyArray<FileLoad<SourceFile>>,
) {
  const { connections = 1, upsert } = yield* UserRepo
  const runs = yield* RunRepo
  // With `force` a file that another process releases starts again: until then nothing shows that it is unfinished.
  const filesAtOnce = options.force ? 1 : Math.min(options.concurrency, connections, FileLimit.maxFilesAtOnce)
  const withRoomFor = yield* FileLimit.make(filesAtOnce)
  const load = (registered: FileLoad<SourceFile>) => {
    const { uri, size } = registered.file
    const ended = isToLoad(registered, run.request) ? reportProgress({ _tag: "FileEnded", uri, size }) : Effect.void
    return loadFile(run, registered).pipe(withRoomFor(size), Effect.tap(ended))
  }
  const small = options.force ? undefined : runs.smallFiles?.(upsert)
  if (small === undefined) return yield* Effect.forEach(loads, load, { concurrency: filesAtOnce })
  // Alone: two statements at once that insert the same new user would wait for each other, and one would fail.
  const loadSmallFiles = yield* makeLoadSmallFiles(run, small, withRoomFor(Infinity))

  const summaries = new Map<number, FileSummary>()

  const loadGroup = Effect.fnUntraced(function* (group: Group) {
    const loadAlone = (files: Group) =>
      Effect.forEach(files, (one) => Effect.map(load(one), (summary) => summaries.set(one.fileId, summary)), {
        discard: true,
      })
    const held: Array<FileLoad<SourceFile>> = []
    let rest = group
    while (rest.length > 1 && !(yield* run.isStopped)) {
      const together = yield* loadSmallFiles(rest)
      for (const [fileId, summary] of together.loaded) summaries.set(fileId, summary)
      yield* loadAlone(together.alone)
      held.push(...together.held)
      const seen = new Set([...summaries.keys(), ...held.map(({ fileId }) => fileId)])
      rest = rest.filter(({ fileId }) => !seen.has(fileId))
    }
    if (rest.length === 1) yield* loadAlone(rest)
    yield* loadAlone(held)
  })
  yield* Effect.forEach(groupFiles(loads), loadGroup, { concurrency: filesAtOnce, discard: true })
  return loads.map(({ file, fileId }) => summaries.get(fileId) ?? fileSummary(file, "open", noRecords))
})
