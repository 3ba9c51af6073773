// The activities of a run: plan it, finish it, keep its failure.

import { Clock, Effect, Schema } from "effect"
import { checkCounts } from "../pipeline/checkCounts.ts"
import { baseName, formatNumber, plural } from "../text/format.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import type { RunFile } from "../domain/RunRecord.ts"
import {
  addAddresses,
  exitCode,
  type FileSummary,
  noAddresses,
  noRecords,
  type RunSummary,
} from "../domain/RunSummary.ts"
import { addStages, noStages } from "../domain/StageTimes.ts"
import { GeoLocator, rateOf } from "../geo/GeoLocator.ts"
import { fileSummary } from "../pipeline/fileOutcome.ts"
import { isToLoad, listFiles } from "../pipeline/listFiles.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { RunHistory } from "../repo/RunHistory.ts"
import { type Attempt, type FileLoad, RunRepo } from "../repo/RunRepo.ts"
import { Source } from "../source/Source.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { checkWanted, readJob, requestOf } from "./Job.ts"
import { type JobSettings, LoadRun, PartLoaded, RunFailed, RunResult } from "./LoadRun.ts"
import { Sources } from "./Sources.ts"

/** The work of an attempt. */
export const Plan = Schema.Struct({
  /** When the attempt started, in milliseconds since 1970. */
  start: Schema.Int,
  /** The parts left to load; null: split the file first. */
  files: Schema.Array(
    Schema.Struct({ fileId: Schema.Int, uri: Schema.String, parts: Schema.NullOr(Schema.Array(Schema.Int)) }),
  ),
  /** URIs of files that earlier runs have loaded. */
  skipped: Schema.Array(Schema.String),
})
export type Plan = typeof Plan.Type

/** Whether to split a file, unless it turns out to be compressed. */
const isToSplit = ({ file, parts }: FileLoad<SourceFile>, { splitSize }: JobSettings): boolean =>
  file.size > splitSize && parts.every(({ resume }) => resume === undefined)

/** The plan, the outcomes and the summary are one message each, which the workers hold in memory: some kB a file. */
const maxFiles = 20_000

/** Lists the source, and plans what to load of it. */
export const plan = Effect.fnUntraced(function* (attempt: Attempt) {
  const start = yield* Clock.currentTimeMillis
  const job = yield* readJob(attempt)
  const runs = yield* RunRepo
  const source = yield* (yield* Sources).open(job.source)
  const request = requestOf(job, source.uri)
  yield* checkWanted(job)
  const clusterRuns = yield* ClusterRuns
  // The client may have died before it kept this.
  yield* clusterRuns.handOver(attempt, yield* LoadRun.executionId(attempt))
  yield* clusterRuns.forgetErrors(job.runId)
  const { loads } = yield* listFiles(job.runId, request).pipe(Effect.provideService(Source, source))
  if (loads.length > maxFiles) {
    return yield* new RunFailed({
      message: `${source.uri} has ${plural(loads.length, "file")}; a run with --cluster takes at most ${formatNumber(maxFiles)}. Name a narrower --source, or load without --cluster.`,
      exitCode: 2,
    })
  }
  const toLoad = loads.filter((load) => isToLoad(load, request))
  // With --force all start again before any is loaded: until then nothing shows that they are unfinished.
  const open = job.force ? yield* Effect.forEach(toLoad, (load) => runs.take(job.runId, request, load)) : toLoad
  return {
    start,
    files: open
      .filter(({ state }) => state === "open")
      .map((load) => ({
        fileId: load.fileId,
        uri: load.file.uri,
        parts: isToSplit(load, job) ? null : load.parts.map(({ part }) => part),
      })),
    skipped: loads.filter((load) => !isToLoad(load, request) && load.runId !== job.runId).map(({ file }) => file.uri),
  } satisfies Plan
})

/** A part that a worker has loaded. */
export const LoadedPart = Schema.Struct({ uri: Schema.String, loaded: PartLoaded })
export type LoadedPart = typeof LoadedPart.Type

const stateOf = ({ state }: RunFile): FileSummary["state"] =>
  state === "loaded" || state === "failed" ? state : "open"

const summarizeFiles = (
  files: ReadonlyArray<RunFile>,
  plan: Plan,
  parts: ReadonlyArray<LoadedPart>,
): ReadonlyArray<FileSummary> => {
  const byUri = Map.groupBy(parts, ({ uri }) => uri)
  const planned = new Set(plan.files.map(({ uri }) => uri))
  // A file that an earlier attempt left open, and that no longer exists, is left out.
  const isThere = ({ error, state, uri }: RunFile) => state === "loaded" || error !== null || planned.has(uri)
  const sum = (uri: string, count: (loaded: PartLoaded) => number) =>
    (byUri.get(uri) ?? []).reduce((total, { loaded }) => total + count(loaded), 0)
  return [
    ...files
      .filter((file) => file.state !== "replaced" && file.state !== "gone" && isThere(file))
      .map((file): FileSummary => ({
        uri: file.uri,
        name: baseName(file.uri),
        state: stateOf(file),
        counts: file.counts,
        located: sum(file.uri, ({ located }) => located),
        queued: sum(file.uri, ({ queued }) => queued),
        milliseconds: sum(file.uri, ({ milliseconds }) => milliseconds),
        error: file.error,
      })),
    ...plan.skipped.map((uri) => fileSummary({ uri, name: baseName(uri) }, "skipped", noRecords)),
  ]
}

const encodeResult = Schema.encodeEffect(Schema.fromJsonString(RunResult))

/** Call it before the attempt ends: the commands that follow it read the result as soon as it has ended. */
const keepResult = Effect.fnUntraced(function* (ref: Attempt, result: RunResult) {
  yield* (yield* ClusterRuns).keepResult(ref, yield* Effect.orDie(encodeResult(result)))
})

/** Ends the attempt, and returns its summary. Addresses may be pending. */
export const finish = Effect.fnUntraced(function* (ref: Attempt, plan: Plan, parts: ReadonlyArray<LoadedPart>) {
  const { runId, attempt } = ref
  // This very activity may have ended it before, with its answer lost.
  const { attempt: last, isEnded } = yield* (yield* ClusterRuns).standing(runId)
  if (!isEnded || last !== attempt) yield* checkWanted(ref)
  const { maxRejects } = yield* readJob(ref)
  const runs = yield* RunRepo
  const { service } = yield* GeoLocator
  const { files, rejectedFor, source, totals } = yield* (yield* RunHistory).details(runId)
  for (const { uri, counts } of files) yield* checkCounts(uri, counts)
  yield* checkCounts(`run ${runId}`, totals)
  const loaded = parts.map(({ loaded }) => loaded)
  const addresses = loaded.reduce((sum, { addresses }) => addAddresses(sum, addresses), noAddresses)
  const { own, others } = yield* (yield* LocationQueue).waitingOf(runId)
  const summary: RunSummary = {
    runId,
    attempt,
    source,
    files: summarizeFiles(files, plan, parts),
    totals,
    rejectedFor,
    // Parts that load at once do not see each other's rejects before they end.
    stopped:
      loaded.some(({ isStopped }) => isStopped) || RejectLimit.isExceeded(maxRejects, yield* runs.committed(runId)),
    stages: loaded.reduce((sum, { stages }) => addStages(sum, stages), noStages),
    addresses: { ...addresses, requests: null, refusals: null, waiting: own, waitingForOthers: others },
    serviceRate: service === undefined ? null : rateOf(service),
    locatingError: null,
    milliseconds: (yield* Clock.currentTimeMillis) - plan.start,
  }
  const isFinished = summary.files.every(({ state }) => state === "loaded" || state === "skipped")
  yield* keepResult(ref, { _tag: "Loaded", summary })
  yield* runs.end(
    { runId, attempt },
    { isFinished, exitCode: exitCode(summary), milliseconds: summary.milliseconds, stages: summary.stages },
  )
  yield* (yield* ClusterRuns).forgetOutcomes({ runId, attempt })
  yield* Effect.logInfo(`run ${runId}: ends`).pipe(Effect.annotateLogs({ ...totals, stopped: summary.stopped }))
  return summary
})

/** Keeps how an attempt ended that failed or was cancelled. */
export const keepFailure = Effect.fnUntraced(function* (
  { attempt, runId }: Attempt,
  start: number | undefined,
  failure: RunFailed,
) {
  const { exitCode, message } = failure
  yield* Effect.logError(message)
  yield* keepResult({ attempt, runId }, { _tag: "Failed", failure })
  const milliseconds = start === undefined ? 0 : (yield* Clock.currentTimeMillis) - start
  yield* (yield* RunRepo).end({ runId, attempt }, { isFinished: false, exitCode, milliseconds, stages: noStages })
  yield* (yield* ClusterRuns).forgetOutcomes({ runId, attempt })
})
