import { Duration, Effect, Option, Predicate, Runtime, Schedule, Schema, type Scope } from "effect"
import { type ColumnMapping, signature } from "../domain/ColumnMapping.ts"
import { DatabaseError } from "../domain/DatabaseError.ts"
import type { LoadOptions } from "../pipeline/Run.ts"
import { storable } from "../text/storable.ts"
import { ClusterRuns, type Standing } from "../repo/ClusterRuns.ts"
import { FileTakenError } from "../repo/FileTakenError.ts"
import type { Attempt, RunRequest } from "../repo/RunRepo.ts"
import { type Job, JobSettings, RunFailed } from "./LoadRun.ts"

/** How the files of the job are loaded. `concurrency`: connections of this worker that write at once. */
export const optionsOf = (job: JobSettings, concurrency: number): LoadOptions => ({
  mapping: mappingOf(job),
  delimiter: job.delimiter,
  chunkSize: job.chunkSize,
  concurrency,
  maxRecordSize: job.maxRecordSize,
  maxRejects: job.maxRejects,
  locationsMaxAge: job.locationsMaxAge === null ? undefined : Duration.millis(job.locationsMaxAge),
})

const mappingOf = ({ mapping }: Pick<JobSettings, "mapping">): ColumnMapping => new Map(mapping)

/** `source`: its URI. */
export const requestOf = (job: Pick<JobSettings, "mapping" | "force">, source: string): RunRequest => ({
  source,
  mapping: signature(mappingOf(job)),
  force: job.force,
})

/** Whether the attempt is not wanted any more: somebody has cancelled it, it has ended, or another one has begun. */
export const isOver = ({ attempt, isCancelled, isEnded }: Standing, wanted: Attempt): boolean =>
  isCancelled || isEnded || attempt !== wanted.attempt

/** How long a worker leaves a file alone that another process has taken, or a database that does not answer. */
const pause = "1 minute"

/** Another process has the file. */
const isFileTaken = (error: unknown): error is FileTakenError => error instanceof FileTakenError

const isPassing = (error: unknown): error is DatabaseError | FileTakenError =>
  isFileTaken(error) || (error instanceof DatabaseError && error.retryable)

const toRunFailed = (error: unknown): RunFailed =>
  error instanceof RunFailed
    ? error
    : new RunFailed({
        message: storable(Predicate.hasProperty(error, "message") ? String(error.message) : String(error)),
        exitCode: Predicate.isObject(error) ? Runtime.getErrorExitCode(error) : 1,
      })

/** Refuses to go on with an attempt that is not wanted any more. */
export const checkWanted = Effect.fnUntraced(function* (ref: Attempt) {
  const { attempt, runId } = ref
  const standing = yield* (yield* ClusterRuns).standing(runId)
  if (!isOver(standing, ref)) return
  return yield* new RunFailed({
    message: standing.isCancelled
      ? `Run ${runId} was cancelled. The same command goes on with it.`
      : `Attempt ${attempt} at run ${runId} is over: another one has begun, or it has ended.`,
    exitCode: 130,
  })
})

const decodeSettings = Schema.decodeUnknownEffect(Schema.fromJsonString(JobSettings))

/** What the attempt was asked for. */
export const readJob = Effect.fnUntraced(function* ({ attempt, runId }: Attempt) {
  const json = yield* (yield* ClusterRuns).job({ attempt, runId })
  if (Option.isNone(json)) {
    yield* checkWanted({ attempt, runId })
    return yield* new RunFailed({
      message: `The database does not say what run ${runId} was asked for. Start it again: etl run --cluster.`,
      exitCode: 2,
    })
  }
  const settings = yield* decodeSettings(json.value)
  return { ...settings, runId, attempt } satisfies Job
})

/**
 * What an activity does: an error of it ends the run. Where another process has taken the file, it may be that this worker
 * was believed dead and that its work was given away: it writes no more, and waits until the engine takes the work
 * from it. Work that is still its own a while later, it takes again, unless another attempt has it. A database that is away is the engine's too.
 */
export const asActivity = <A, E, R>(
  attempt: Attempt,
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A, RunFailed, Exclude<R, Scope.Scope> | ClusterRuns> =>
  effect.pipe(
    Effect.scoped,
    Effect.tapError((error) => (isFileTaken(error) ? checkWanted(attempt) : Effect.void)),
    Effect.tapError((error) =>
      isPassing(error) ? Effect.logWarning(`${error.message} Leaving it alone for ${pause}.`) : Effect.void,
    ),
    Effect.retry({ schedule: Schedule.spaced(pause), while: isPassing }),
    Effect.catchDefect((defect) => Effect.andThen(Effect.logFatal("defect", defect), Effect.fail(toRunFailed(defect)))),
    Effect.mapError(toRunFailed),
    Effect.annotateLogs({ run: attempt.runId }),
  )
