// Follows a run that workers load: reports its progress until it has ended and its addresses are answered.

import { Clock, Duration, Effect, Option, Schema } from "effect"
import { reportRejects } from "../pipeline/reportRejects.ts"
import { plural } from "../text/format.ts"
import { reportProgress } from "../observability/Progress.ts"
import { allCountNames, noRecords, type RecordCounts, type RunSummary } from "../domain/RunSummary.ts"
import { ClusterRuns, type RunProgress, type Standing } from "../repo/ClusterRuns.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import type { Attempt } from "../repo/RunRepo.ts"
import { RunFailed, RunResult } from "./LoadRun.ts"
import { etl } from "../text/etl.ts"

const pollInterval = "1 second"

/** The longest wait for an answer. */
const maxSilence = Duration.minutes(5)

/** Looks without a worker before that is logged: a worker that lost the database returns with it. */
const maxLooksAlone = 10

const nothing: RunProgress = { files: 0, filesLoaded: 0, bytes: 0, bytesRead: 0, counts: noRecords }

const subtract = (left: RecordCounts, right: RecordCounts): RecordCounts =>
  Object.fromEntries(allCountNames.map((name) => [name, left[name] - right[name]])) as RecordCounts

/** Reports what happened between two looks. */
const reportChange = Effect.fnUntraced(function* (source: string, before: RunProgress, now: RunProgress) {
  if (now.files !== before.files) {
    const { bytes, files } = now
    yield* reportProgress({ _tag: "Listed", source, files, toLoad: files, bytes })
  }
  const bytes = now.bytesRead - before.bytesRead
  if (bytes > 0) yield* reportProgress({ _tag: "BytesRead", uri: source, bytes })
  const counts = subtract(now.counts, before.counts)
  if (counts.read > 0) yield* reportProgress({ _tag: "ChunkCommitted", counts })
  for (let ended = before.filesLoaded; ended < now.filesLoaded; ended++) {
    yield* reportProgress({ _tag: "FileEnded", uri: "", size: 0 })
  }
})

/** Logs, once, that no worker is running, and that one is again. */
const makeWorkerWatch = (runId: number) => {
  let alone = maxLooksAlone - 1
  return Effect.gen(function* () {
    const workers = yield* (yield* ClusterRuns).workers
    const isLogged = alone >= maxLooksAlone
    alone = workers === 0 ? alone + 1 : 0
    if (alone === maxLooksAlone)
      yield* Effect.logWarning(`Run ${runId} waits: no worker is running. Start one: ${etl} worker`)
    else if (workers > 0 && isLogged)
      yield* Effect.logInfo(`${plural(workers, "worker")} there: run ${runId} continues.`)
  })
}

/** Waits until the run has no pending address, or until the workers answer none for a long time: then returns why. */
const awaitAnswers = Effect.fnUntraced(function* (runId: number) {
  const queue = yield* LocationQueue
  let least = { own: Infinity, waiting: Infinity }
  let since = yield* Clock.currentTimeMillis
  for (;;) {
    const { others, own } = yield* queue.waitingOf(runId)
    const waiting = own + others
    yield* reportProgress({ _tag: "Queued", waiting, untilNextRequest: 0 })
    const now = yield* Clock.currentTimeMillis
    if (own === 0) return null
    // Progress in either counts: other runs may queue more than is answered.
    if (own < least.own || waiting < least.waiting) since = now
    least = { own: Math.min(own, least.own), waiting: Math.min(waiting, least.waiting) }
    if (now - since > Duration.toMillis(maxSilence)) return "no worker has located an address of this run for 5 minutes"
    yield* Effect.sleep(pollInterval)
  }
})

const decodeResult = Schema.decodeUnknownEffect(Schema.fromJsonString(RunResult))

/** The summary of an attempt that has ended; fails as it did. */
const resultOf = Effect.fnUntraced(function* ({ attempt, exitCode, runId }: Standing) {
  const json = yield* (yield* ClusterRuns).result({ runId, attempt })
  if (Option.isNone(json)) {
    return yield* new RunFailed({
      message: `Run ${runId} has ended, and its summary was not kept. ${etl} runs ${runId} shows what it did.`,
      exitCode: exitCode ?? 2,
    })
  }
  const result = yield* Effect.orDie(decodeResult(json.value))
  return result._tag === "Loaded" ? result.summary : yield* result.failure
})

export interface FollowOptions extends Attempt {
  /** The source's URI. */
  readonly source: string
  /** How long to wait for places; undefined: until no address is pending. */
  readonly locateFor: Duration.Duration | undefined
}

/** Follows a run until it has ended and its users have their places. Fails as the run did. */
export const follow = Effect.fn("Cluster.follow")(function* (options: FollowOptions) {
  const { attempt, locateFor, runId, source } = options
  const clusterRuns = yield* ClusterRuns
  let before = nothing
  const look = Effect.gen(function* () {
    const now = yield* clusterRuns.progress(runId)
    yield* reportChange(source, before, now)
    before = now
  })
  const watchWorkers = makeWorkerWatch(runId)
  const loaded = Effect.gen(function* () {
    for (;;) {
      const standing = yield* clusterRuns.standing(runId)
      yield* look
      if (standing.attempt !== attempt) {
        return yield* new RunFailed({
          message: `Another attempt of run ${runId} has started. To follow it, run: ${etl} follow ${runId}`,
          exitCode: 130,
        })
      }
      if (standing.isEnded) return yield* resultOf(standing)
      if (standing.isCancelled && (yield* clusterRuns.workers) === 0) {
        return yield* new RunFailed({
          message: `Run ${runId} is cancelled; no worker is running, and the next one to start ends it. The same command resumes it.`,
          exitCode: 130,
        })
      }
      yield* watchWorkers
      yield* Effect.sleep(pollInterval)
    }
  })
  const summary: RunSummary = yield* loaded
  yield* reportProgress({ _tag: "Loaded" })
  yield* reportRejects(summary.rejectedFor)
  if (summary.stopped || summary.serviceRate === null) return summary
  const answered = awaitAnswers(runId)
  const locatingError = yield* locateFor === undefined
    ? answered
    : Effect.map(
        Effect.timeoutOption(answered, locateFor),
        Option.getOrElse(() => "its time is up"),
      )
  const { others, own } = yield* (yield* LocationQueue).waitingOf(runId)
  return { ...summary, addresses: { ...summary.addresses, waiting: own, waitingForOthers: others }, locatingError }
})
