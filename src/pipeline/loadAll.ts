// Loads the files of a run, in their order: small ones together, where the repository can do that.

import { Effect } from "effect"
import { type FileSummary, noRecords } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { reportProgress } from "../observability/Progress.ts"
import { type FileLoad, RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import * as FileLimit from "./FileLimit.ts"
import { fileSummary } from "./fileOutcome.ts"
import { type Group, groupFiles, isNotBegun } from "./groupFiles.ts"
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
  const summaries = new Map<number, FileSummary>()
  const load = Effect.fnUntraced(function* (registered: FileLoad<SourceFile>) {
    const { file, fileId } = registered
    const { uri, size } = file
    // Each that is taken to be left costs as much as one that is loaded.
    const isLeft = isNotBegun(registered) && (yield* run.isStopped)
    const summary = isLeft ? fileSummary(file, "open", noRecords) : yield* loadFile(run, registered, withRoomFor)
    summaries.set(fileId, summary)
    if (isToLoad(registered, run.request)) yield* reportProgress({ _tag: "FileEnded", uri, size })
  })

  const small = options.force ? undefined : runs.smallFiles?.(upsert)
  if (small === undefined) {
    yield* Effect.forEach(loads, load, { concurrency: filesAtOnce, discard: true })
    return loads.map(({ fileId }) => summaries.get(fileId)!)
  }
  const loadSmallFiles = yield* makeLoadSmallFiles(run, small, withRoomFor)
  const loadGroup = Effect.fnUntraced(function* (group: Group) {
    let rest = group
    while (rest.length > 1 && !(yield* run.isStopped)) {
      for (const [fileId, summary] of yield* loadSmallFiles(rest)) summaries.set(fileId, summary)
      // Another process has them: by the time that it gives the first one back, it is done with the others too.
      const [held, ...others] = rest.filter(({ fileId }) => !summaries.has(fileId))
      if (held !== undefined) yield* load(held)
      rest = others
    }
    yield* Effect.forEach(rest, load, { discard: true })
  })
  yield* Effect.forEach(groupFiles(loads), loadGroup, { concurrency: filesAtOnce, discard: true })
  return loads.map(({ fileId }) => summaries.get(fileId)!)
})
