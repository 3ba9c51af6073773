import { Cause, Deferred, Effect, Exit, Fiber, Runtime } from "effect"
import * as AddressTally from "./AddressTally.ts"
import { signature } from "../domain/ColumnMapping.ts"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { tellProgress } from "../observability/Progress.ts"
import { RejectTally } from "../domain/RejectTally.ts"
import { exitCode, noRecords, type RunSummary } from "../domain/RunSummary.ts"
import { Stopwatch } from "../observability/Stopwatch.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import * as Listing from "./Listing.ts"
import * as Loading from "./Loading.ts"
import * as Locating from "./Locating.ts"
import type { PipelineOptions } from "./PipelineOptions.ts"
import { type Attempt, type FileLoad, RunRepo, type RunRequest } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { Source } from "../source/Source.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { checkSum, tellRejects } from "./account.ts"
import * as Turns from "./Turns.ts"

export { defaults, type PipelineOptions } from "./PipelineOptions.ts"

/** Why locating ended early. It may have been interrupted, but not before the database failed. */
const outcome = Effect.fnUntraced(function* <A, E>(locating: Fiber.Fiber<A, E>) {
  const exit = yield* Fiber.await(locating)
  return Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? undefined : yield* exit
})

const tellFileEnded = ({ uri, size }: SourceFile) => tellProgress({ _tag: "FileEnded", uri, size })

const runAttempt = Effect.fnUntraced(function* (
  options: PipelineOptions,
  request: RunRequest,
  { runId, attempt }: Attempt,
  tallies: Loading.Tallies,
  start: number,
) {
  const source = yield* Source
  const runs = yield* RunRepo
  const users = yield* UserRepo
  const locator = yield* GeoLocator

  yield* Effect.logDebug(attempt === 1 ? "run begins" : "run goes on").pipe(
    Effect.annotateLogs({ source: source.uri, attempt, locator: locator.name }),
  )
  const { loads, problems } = yield* Listing.listFiles(runId, request)
  const unreadable = problems.map((file) => Loading.fileSummary(file, "failed", noRecords, file.error))
  const { addresses, rejects, stopwatch } = tallies
  const { loadFile, isStopped } = yield* Loading.make(options, runId, request, tallies, yield* runs.committed(runId))
  const isLoaded = yield* Deferred.make<void>()
  const locating =
    locator.service === undefined
      ? undefined
      : yield* Effect.forkChild(
          Locating.drain({ loaded: isLoaded, locateFor: options.locateFor, addressTally: addresses, runId }),
        )
  // A file that another process lets go of begins anew under --force: until then nobody sees that it is unfinished.
  const filesAtOnce = options.force ? 1 : Math.min(options.concurrency, users.connections, Turns.mostFilesAtOnce)
  const inTurn = yield* Turns.make(filesAtOnce)
  const loadInTurn = (load: FileLoad<SourceFile>) =>
    inTurn(load.file.size)(loadFile(load)).pipe(
      Effect.tap(() => (Listing.isToLoad(load, request) ? tellFileEnded(load.file) : Effect.void)),
    )
  const loaded = [...unreadable, ...(yield* Effect.forEach(loads, loadInTurn, { concurrency: filesAtOnce }))]
  const stopped = yield* isStopped
  const isFinished = loaded.every(({ state }) => state === "loaded" || state === "skipped")
  yield* Deferred.succeed(isLoaded, undefined)
  yield* tellProgress({ _tag: "Loaded" })
  if (stopped && locating !== undefined) yield* Fiber.interrupt(locating)
  const locatingError = locating === undefined ? undefined : yield* outcome(locating)

  const totals = yield* runs.totals(runId)
  for (const { uri, counts } of loaded) yield* checkSum(uri, counts)
  yield* checkSum(`run ${runId}`, totals)

  const summary: RunSummary = {
    runId,
    attempt,
    source: source.uri,
    files: loaded,
    totals,
    rejectedFor: rejects.reasons,
    stopped,
    stages: stopwatch.times,
    ...(yield* Locating.summarize(addresses, runId)),
    locatingError: locatingError ?? null,
    milliseconds: Math.round((yield* monotonicMillis) - start),
  }
  yield* runs.end(
    { runId, attempt },
    {
      isFinished,
      exitCode: exitCode(summary),
      milliseconds: summary.milliseconds,
      stages: summary.stages,
    },
  )
  yield* tellRejects(summary.rejectedFor)
  yield* Effect.logDebug("run ends").pipe(Effect.annotateLogs({ ...totals, ...summary.addresses, stopped }))
  return summary
})

/**
 * Keeps how an attempt ended that was interrupted or has failed, where the database lets us, and soon. It is not finished even
 * where every file is loaded: the same command resumes it, and with it the run that its addresses wait for.
 */
const keepFailure = (attempt: Attempt, { stopwatch }: Loading.Tallies, start: number) =>
  Effect.fnUntraced(function* <E>(cause: Cause.Cause<E>) {
    const runs = yield* RunRepo
    const error = Cause.squash(cause)
    // A database that was waited for in vain is not asked again.
    if (error instanceof DatabaseError && error.retryable) return
    const isInterrupted = Cause.hasInterruptsOnly(cause)
    const keeping = runs.end(attempt, {
      isFinished: false,
      exitCode: isInterrupted ? 130 : Runtime.getErrorExitCode(error),
      milliseconds: Math.round((yield* monotonicMillis) - start),
      stages: stopwatch.times,
    })
    // In a fiber of its own, so that the time is up although nothing may interrupt us here.
    const brief = keeping.pipe(Effect.timeoutOption("2 seconds"), Effect.ignore)
    yield* Fiber.await(yield* Effect.forkDetach(brief, { startImmediately: true }))
  })

/**
 * Loads every file of the source that is not loaded yet, and locates the users' addresses meanwhile. A file that cannot
 * be read fails alone; an error of the database, or too many rejects, end the run. What is committed stays committed: the
 * same call goes on where this one ended, under the same run id, until every file is loaded. Waits for another process
 * that loads the same files.
 */
export const run = Effect.fn("Pipeline.run")(
  function* (options: PipelineOptions) {
    const source = yield* Source
    const users = yield* UserRepo
    const runs = yield* RunRepo
    yield* users.migrate
    const request = { source: source.uri, mapping: signature(options.mapping), force: options.force }
    const attempt = yield* runs.begin(request)
    yield* Effect.annotateCurrentSpan({
      "etl.run.id": attempt.runId,
      "etl.run.attempt": attempt.attempt,
      "etl.source.uri": source.uri,
    })
    const tallies = {
      addresses: yield* AddressTally.make,
      rejects: new RejectTally(),
      stopwatch: new Stopwatch(),
    }
    const start = yield* monotonicMillis
    return yield* runAttempt(options, request, attempt, tallies, start).pipe(
      Effect.onError(keepFailure(attempt, tallies, start)),
      Effect.annotateLogs({ run: attempt.runId }),
    )
  },
  Effect.annotateLogs({ step: "ETL" }),
  Effect.scoped,
)
