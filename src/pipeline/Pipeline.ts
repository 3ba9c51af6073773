// A run: lists the files of the source, loads each, drains the queue of addresses meanwhile, and sums up.

import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import type { ColumnMappingError } from "../domain/ColumnMapping.ts"
import { givenFormat } from "../domain/Format.ts"
import type { FormatError } from "../domain/FormatError.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import { signature } from "../domain/otherMapping.ts"
import { exitCode, type FileSummary, noRecords, type RunSummary } from "../domain/RunSummary.ts"
import type { SourceError } from "../domain/SourceFile.ts"
import { GeoLocator, type GeoLocatorError } from "../geo/GeoLocator.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { FileTakenError } from "../repo/FileTakenError.ts"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import type { RunInClusterError } from "../repo/RunInClusterError.ts"
import { type Attempt, RunRepo } from "../repo/RunRepo.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import { uriInRun } from "../domain/stdin.ts"
import { Source } from "../source/Source.ts"
import { checkCounts } from "./checkCounts.ts"
import { fileSummary } from "./fileOutcome.ts"
import { keepFailure } from "./keepFailure.ts"
import { listFiles } from "./listFiles.ts"
import { loadAll } from "./loadAll.ts"
import * as Locate from "./Locate.ts"
import { complete, type PipelineOptions, type PipelineOptionsError, type RunOptions } from "./PipelineOptions.ts"
import { reportNullWords } from "./reportNullWords.ts"
import { reportRejects } from "./reportRejects.ts"
import * as Run from "./Run.ts"

export { type PipelineOptions, PipelineOptionsError } from "./PipelineOptions.ts"
export { Progress, type ProgressEvent } from "../observability/Progress.ts"

/** Why a run cannot start, or ends before its source does. A file that cannot be read ends as its summary reports. */
export type PipelineError =
  | PipelineOptionsError
  | ColumnMappingError
  | FormatError
  | SourceError
  | DatabaseError
  | FileTakenError
  | RunInClusterError
  | GeoLocatorError

/**
 * Drains the queue of addresses while files load. Returns the effect that ends it: it waits until the run's addresses
 * are answered, unless the run has stopped, and returns why locating ended early.
 */
const drainMeanwhile = Effect.fnUntraced(function* (run: Run.Run, { locateFor }: RunOptions) {
  const { service } = yield* GeoLocator
  if (service === undefined) return () => Effect.undefined
  const loaded = yield* Deferred.make<void>()
  const draining = yield* Effect.forkChild(
    Locate.drain({ loaded, locateFor, addressTally: run.addresses, runId: run.runId }),
  )
  return Effect.fnUntraced(function* (isStopped: boolean) {
    yield* Deferred.succeed(loaded, undefined)
    if (isStopped) yield* Fiber.interrupt(draining)
    const exit = yield* Fiber.await(draining)
    // An interruption may have come after the database failed: that failure counts.
    return Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? undefined : yield* exit
  })
})

/** Fails where the outcomes of a file, or of the run, do not add up to the records read. */
const sumUp = Effect.fnUntraced(function* (
  run: Run.Run,
  { attempt }: Attempt,
  files: ReadonlyArray<FileSummary>,
  { start, locatingEnd }: { readonly start: number; readonly locatingEnd: Locate.EarlyEnd | undefined },
) {
  const totals = yield* (yield* RunRepo).totals(run.runId)
  for (const { uri, counts } of files) yield* checkCounts(uri, counts)
  yield* checkCounts(`run ${run.runId}`, totals)
  return {
    runId: run.runId,
    attempt,
    source: run.request.source,
    files,
    totals,
    rejectedFor: run.rejects.reasons,
    stopped: yield* run.isStopped,
    stages: run.stopwatch.times,
    ...(yield* Locate.summarize(run.addresses, run.runId)),
    ...Locate.describeEnd(locatingEnd),
    milliseconds: Math.round((yield* monotonicMillis) - start),
  } satisfies RunSummary
})

const runAttempt = Effect.fnUntraced(function* (run: Run.Run, options: RunOptions, attempt: Attempt, start: number) {
  const runs = yield* RunRepo
  const locator = yield* GeoLocator
  yield* Effect.logDebug(attempt.attempt === 1 ? "run starts" : "run resumes").pipe(
    Effect.annotateLogs({ source: run.request.source, attempt: attempt.attempt, locator: locator.name }),
  )

  const { loads, problems } = yield* listFiles(run.runId, run.request)
  yield* run.recount(yield* runs.committed(run.runId))
  const finishLocating = yield* drainMeanwhile(run, options)
  const files = [
    ...problems.map((file) => fileSummary(file, "failed", noRecords, file)),
    ...(yield* loadAll(run, options, loads)),
  ]
  if (files.every(({ state }) => state === "loaded")) yield* run.setLoaded
  yield* reportProgress({ _tag: "Loaded" })
  const locatingEnd = yield* finishLocating(yield* run.isStopped)
  const summary = yield* sumUp(run, attempt, files, { start, locatingEnd })

  yield* runs.end(attempt, {
    isFinished: files.every(({ state }) => state === "loaded" || state === "skipped"),
    exitCode: exitCode(summary),
    milliseconds: summary.milliseconds,
    stages: summary.stages,
  })
  yield* reportRejects(summary.rejectedFor)
  yield* reportNullWords(run.nullWords)
  yield* Effect.logDebug("run ends").pipe(
    Effect.annotateLogs({ ...summary.totals, ...summary.addresses, stopped: summary.stopped }),
  )
  return summary
})

/**
 * Loads every file of the source that is not loaded yet, and locates the users' addresses meanwhile. A file that cannot
 * be read fails alone; an error of the database, or too many rejects, end the run. What is committed stays: the same
 * call resumes where this one ended, under the same run id, until every file is loaded. Waits for another run that
 * loads the same source. Standard input is never resumed: each call is a run of its own, and waits for no other.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ColumnMapping, Pipeline } from "user-activity-etl"
 *
 * const load = Effect.gen(function* () {
 *   const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })
 *   const { totals } = yield* Pipeline.run({ mapping, chunkSize: 5_000 })
 *   return totals.inserted
 * })
 * ```
 */
export const run: (
  options: PipelineOptions,
) => Effect.Effect<RunSummary, PipelineError, Source | GeoLocator | UserRepo | RunRepo | LocationQueue> = Effect.fn(
  "Pipeline.run",
)(
  function* (given: PipelineOptions) {
    const options = yield* complete(given)
    const source = yield* Source
    const asked = {
      source: source.uri,
      mapping: signature(options.mapping),
      format: givenFormat(options.format),
      force: options.force,
    }
    const attempt = yield* (yield* RunRepo).begin(asked)
    const request = { ...asked, source: uriInRun(source.uri, attempt.runId) }
    yield* Effect.annotateCurrentSpan({
      "etl.run.id": attempt.runId,
      "etl.run.attempt": attempt.attempt,
      "etl.source.uri": request.source,
    })
    const start = yield* monotonicMillis
    const run = yield* Run.make(attempt.runId, request, options)
    return yield* runAttempt(run, options, attempt, start).pipe(
      Effect.onError(keepFailure(attempt, run, start)),
      Effect.annotateLogs({ run: attempt.runId }),
    )
  },
  Effect.annotateLogs({ step: "ETL" }),
  Effect.scoped,
)
