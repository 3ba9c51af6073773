import { Clock, Duration, Effect, Option, Schema } from "effect"
import { reportRejects } from "../pipeline/reportRejects.ts"
import { plural } from "../text/format.ts"
import { tellProgress } from "../observability/Progress.ts"
import { countNames, noRecords, type RecordCounts, type RunSummary } from "../domain/RunSummary.ts"
import { ClusterRuns, type RunProgress, type Standing } from "../repo/ClusterRuns.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import type { Attempt } from "../repo/RunRepo.ts"
import { RunFailed, RunResult } from "./LoadRun.ts"

const glance = "1 second"

/** Without an answer for so long nobody waits any more. */
const mostSilence = Duration.minutes(5)

/** Looks without a worker until that is told: one that has lost the database comes back with it. */
const mostLooksAlone = 10

const nothing: RunProgress = { files: 0, filesLoaded: 0, bytes: 0, bytesRead: 0, counts: noRecords }

const subtract = (left: RecordCounts, right: RecordCounts): RecordCounts =>
  Object.fromEntries(countNames.map((name) => [name, left[name] - right[name]])) as RecordCounts

/** Tells what has happened between two moments. */
const reportProgress = Effect.fnUntraced(function* (source: string, before: RunProgress, now: RunProgress) {
  if (now.files !== before.files) {
    const { bytes, files } = now
    yield* tellProgress({ _tag: "Listed", source, files, toLoad: files, bytes })
  }
  const bytes = now.bytesRead - before.bytesRead
  if (bytes > 0) yield* tellProgress({ _tag: "BytesRead", uri: source, bytes })
  const counts = subtract(now.counts, before.counts)
  if (counts.read > 0) yield* tellProgress({ _tag: "ChunkCommitted", counts })
  for (let ended = before.filesLoaded; ended < now.filesLoaded; ended++) {
    yield* tellProgress({ _tag: "FileEnded", uri: "", size: 0 })
  }
})

/** Tells that no worker is there, once, and that one is there again. */
const makeWorkerWatch = (runId: number) => {
  let alone = mostLooksAlone - 1
  return Effect.gen(function* () {
    const workers = yield* (yield* ClusterRuns).workers
    const wasTold = alone >= mostLooksAlone
    alone = workers === 0 ? alone + 1 : 0
    if (alone === mostLooksAlone)
      yield* Effect.logWarning(`Run ${runId} waits: no worker is there. Start one: etl worker`)
    else if (workers > 0 && wasTold) yield* Effect.logInfo(`${plural(workers, "worker")} there: run ${runId} goes on.`)
  })
}

/** Waits until the workers have answered what the run waits for, or have answered nothing for a long time. */
const awaitAnswers = Effect.fnUntraced(function* (runId: number) {
  const queue = yield* LocationQueue
  let least = { own: Infinity, waiting: Infinity }
  let since = yield* Clock.currentTimeMillis
  for (;;) {
    const { others, own } = yield* queue.waitingOf(runId)
    const waiting = own + others
    yield* tellProgress({ _tag: "Queued", waiting, untilNextRequest: 0 })
    const now = yield* Clock.currentTimeMillis
    if (own === 0) return null
    // Other runs may queue more than is answered.
    if (own < least.own || waiting < least.waiting) since = now
    least = { own: Math.min(own, least.own), waiting: Math.min(waiting, least.waiting) }
    if (now - since > Duration.toMillis(mostSilence))
      return "no worker has located an address of this run for 5 minutes"
    yield* Effect.sleep(glance)
  }
})

const decodeResult = Schema.decodeUnknownEffect(Schema.fromJsonString(RunResult))

/** The summary of an attempt that has ended; fails as it did. */
const resultOf = Effect.fnUntraced(function* ({ attempt, exitCode, runId }: Standing) {
  const json = yield* (yield* ClusterRuns).result({ runId, attempt })
  if (Option.isNone(json)) {
    return yield* new RunFailed({
      message: `Run ${runId} has ended, and its summary was not kept. etl runs ${runId} shows what it did.`,
      exitCode: exitCode ?? 2,
    })
  }
  const result = yield* Effect.orDie(decodeResult(json.value))
  return result._tag === "Loaded" ? result.summary : yield* result.failure
})

export interface FollowOptions extends Attempt {
  /** The source's URI. */
  readonly source: string
  /** How long places are waited for; undefined: until no address waits. */
  readonly locateFor: Duration.Duration | undefined
}

/** Follows a run until it has ended, and the places of its users; fails as it did. */
export const follow = Effect.fn("Cluster.follow")(function* (options: FollowOptions) {
  const { attempt, locateFor, runId, source } = options
  const clusterRuns = yield* ClusterRuns
  let before = nothing
  const look = Effect.gen(function* () {
    const now = yield* clusterRuns.progress(runId)
    yield* reportProgress(source, before, now)
    before = now
  })
  const watchWorkers = makeWorkerWatch(runId)
  const loaded = Effect.gen(function* () {
    for (;;) {
      const standing = yield* clusterRuns.standing(runId)
      yield* look
      if (standing.attempt !== attempt) {
        return yield* new RunFailed({
          message: `Another attempt at run ${runId} has begun. Follow that one: etl follow ${runId}`,
          exitCode: 130,
        })
      }
      if (standing.isEnded) return yield* resultOf(standing)
      if (standing.isCancelled && (yield* clusterRuns.workers) === 0) {
        return yield* new RunFailed({
          message: `Run ${runId} is cancelled; no worker is there, and the next one to start ends it. The same command goes on with it.`,
          exitCode: 130,
        })
      }
      yield* watchWorkers
      yield* Effect.sleep(glance)
    }
  })
  const summary: RunSummary = yield* loaded
  yield* tellProgress({ _tag: "Loaded" })
  yield* reportRejects(summary.rejectedFor)
  if (summary.stopped || summary.serviceRate === null) return summary
  const answered = awaitAnswers(runId)
  const locatingError = yield* locateFor === undefined
    ? answered
    : Effect.map(
        Effect.timeoutOption(answered, locateFor),
        Option.getOrElse(() => "its time is up (--locate-for)"),
      )
  const { others, own } = yield* (yield* LocationQueue).waitingOf(runId)
  return { ...summary, addresses: { ...summary.addresses, waiting: own, waitingForOthers: others }, locatingError }
})
