// What a worker knows of an attempt: its job, whether it is wanted, and how its errors are retried or end the run.

import { Duration, Effect, Option, Predicate, Runtime, Schedule, Schema, type Scope } from "effect"
import * as ColumnMapping from "../domain/ColumnMapping.ts"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { givenFormat } from "../domain/Format.ts"
import type { FormatOptions } from "../domain/FormatOptions.ts"
import { signature } from "../domain/otherMapping.ts"
import { explain } from "../observability/Advice.ts"
import type { LoadOptions } from "../pipeline/Run.ts"
import { storable } from "../text/storable.ts"
import { ClusterRuns, type Standing } from "../repo/ClusterRuns.ts"
import { FileTakenError } from "../repo/FileTakenError.ts"
import type { Attempt, RunRequest } from "../repo/RunRepo.ts"
import { type Job, JobSettings, RunFailed } from "./LoadRun.ts"
import { etl } from "../text/etl.ts"

/** How the files of the job are loaded. `concurrency`: connections of this worker that write at once. */
export const optionsOf = (job: JobSettings, concurrency: number): LoadOptions => ({
  mapping: mappingOf(job),
  format: formatOf(job),
  chunkSize: job.chunkSize,
  concurrency,
  maxRecordSize: job.maxRecordSize,
  maxRejects: job.maxRejects,
  locationsMaxAge: job.locationsMaxAge === null ? undefined : Duration.millis(job.locationsMaxAge),
})

const formatOf = ({ delimiter, format }: Pick<JobSettings, "delimiter" | "format">): FormatOptions =>
  format ?? { delimiter: delimiter ?? undefined }

const mappingOf = ({ mapping }: Pick<JobSettings, "mapping">): ColumnMapping.ColumnMapping =>
  ColumnMapping.make(Object.fromEntries(mapping))

/** `source`: its URI. */
export const requestOf = (
  job: Pick<JobSettings, "mapping" | "delimiter" | "format" | "force">,
  source: string,
): RunRequest => ({
  source,
  mapping: signature(mappingOf(job)),
  format: givenFormat(formatOf(job)),
  force: job.force,
})

/** Whether the attempt is no longer wanted: it is cancelled, has ended, or another one has started. */
export const isOver = ({ attempt, isCancelled, isEnded }: Standing, wanted: Attempt): boolean =>
  isCancelled || isEnded || attempt !== wanted.attempt

/** How long a worker waits before it retries a file that another process has taken, or an unreachable database. */
const pause = "1 minute"

const isFileTaken = (error: unknown): error is FileTakenError => error instanceof FileTakenError

const isPassing = (error: unknown): error is DatabaseError | FileTakenError =>
  isFileTaken(error) || (error instanceof DatabaseError && error.retryable)

const toRunFailed = Effect.fnUntraced(function* (error: unknown): Effect.fn.Return<RunFailed> {
  if (error instanceof RunFailed) return error
  return new RunFailed({
    message: storable(Predicate.isError(error) ? yield* explain(error) : String(error)),
    exitCode: Predicate.isObject(error) ? Runtime.getErrorExitCode(error) : 1,
  })
})

/** Fails where the attempt is no longer wanted. */
export const checkWanted = Effect.fnUntraced(function* (ref: Attempt) {
  const { attempt, runId } = ref
  const standing = yield* (yield* ClusterRuns).standing(runId)
  if (!isOver(standing, ref)) return
  return yield* new RunFailed({
    message: standing.isCancelled
      ? `Run ${runId} was cancelled. The same command resumes it.`
      : `Attempt ${attempt} of run ${runId} is over: another one has started, or it has ended.`,
    exitCode: 130,
  })
})

const decodeSettings = Schema.decodeUnknownEffect(Schema.fromJsonString(JobSettings))

/** The job of the attempt. */
export const readJob = Effect.fnUntraced(function* ({ attempt, runId }: Attempt) {
  const json = yield* (yield* ClusterRuns).job({ attempt, runId })
  if (Option.isNone(json)) {
    yield* checkWanted({ attempt, runId })
    return yield* new RunFailed({
      message: `The database has no job for run ${runId}. Start it again: ${etl} run --cluster.`,
      exitCode: 2,
    })
  }
  const settings = yield* decodeSettings(json.value)
  return { ...settings, runId, attempt } satisfies Job
})

/**
 * The body of an activity: an error of it ends the run. Where another process has taken the file, this worker may have
 * been believed dead, and its work given to another one: it writes no more, and waits until the engine takes the work
 * from it. If it still has the work after the pause it takes the file again, unless another attempt has it. An
 * unreachable database is waited for: the engine needs it too.
 */
export const asActivity = <A, E, R>(
  attempt: Attempt,
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A, RunFailed, Exclude<R, Scope.Scope> | ClusterRuns> =>
  effect.pipe(
    Effect.scoped,
    Effect.tapError((error) => (isFileTaken(error) ? checkWanted(attempt) : Effect.void)),
    Effect.tapError((error) =>
      isPassing(error)
        ? Effect.flatMap(explain(error), (text) => Effect.logWarning(`${text} Retrying in ${pause}.`))
        : Effect.void,
    ),
    Effect.retry({ schedule: Schedule.spaced(pause), while: isPassing }),
    Effect.catchDefect((defect) => Effect.andThen(Effect.logFatal("defect", defect), Effect.fail(defect))),
    Effect.catch((error) => Effect.flip(toRunFailed(error))),
    Effect.annotateLogs({ run: attempt.runId }),
  )
