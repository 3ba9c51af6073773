import { Effect, Schedule } from "effect"
import * as AddressTally from "../domain/AddressTally.ts"
import { RejectTally } from "../domain/RejectTally.ts"
import { Stopwatch } from "../domain/StageTimes.ts"
import * as Loading from "../Loading.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { type PartLoad, RunRepo } from "../repo/RunRepo.ts"
import { Source, type SourceFile } from "../source/Source.ts"
import { split } from "../source/split.ts"
import { checkWanted, isOver, optionsOf, requestOf } from "./Job.ts"
import type { FileReference, Job, PartLoaded } from "./LoadRun.ts"
import { RunWatch } from "./RunWatch.ts"
import { Sources } from "./Sources.ts"
import { Vigil } from "./Vigil.ts"
import { Worker } from "./Worker.ts"

/** How often is looked whether the run is still wanted, and how many rejects it has by now. */
const every = "1 second"

/** The file as it is registered, and the request that it belongs to. */
const registered = Effect.fnUntraced(function* (job: Job, file: FileReference) {
  const source = yield* Source
  const runs = yield* RunRepo
  const request = requestOf(job, source.uri)
  const { fileId: _, ...listed } = file
  const [load] = yield* runs.register(job.runId, request, [listed])
  return { request, load: load! }
})

const withSource =
  (job: Job) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const sources = yield* Sources
      return yield* Effect.provideService(effect, Source, yield* sources.open(job.source))
    })

/** Loads a part of a file until its end, or until the run is not wanted any more. */
export const loadPart = (job: Job, file: FileReference, part: number) =>
  Effect.gen(function* () {
    const worker = yield* Worker
    const vigil = yield* Vigil
    const clusterRuns = yield* ClusterRuns
    const watched = yield* (yield* RunWatch).watch(job)
    const tallies: Loading.Tallies = {
      addresses: yield* AddressTally.make,
      rejects: new RejectTally(),
      stopwatch: new Stopwatch(),
    }
    const { load, request } = yield* registered(job, file)
    const options = optionsOf(job, worker.concurrency)
    const loading = yield* Loading.make(options, job.runId, request, tallies, watched().counts)
    const look = Effect.suspend(() => (watched().isOver ? loading.cancel : loading.recount(watched().counts)))
    const work = Effect.gen(function* () {
      // It may have waited long for its turn, and another attempt may have the file by now.
      if (isOver(yield* clusterRuns.standing(job.runId), job)) yield* loading.cancel
      else yield* look
      yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(every)))
      return yield* loading.loadPart(load, part)
    })
    const isSplit = load.parts.some(({ resume }) => resume?.end !== undefined)
    const { state, located, queued, milliseconds } = yield* work.pipe(
      vigil.over(({ _tag }) => _tag === "ChunkCommitted"),
      worker.inTurn(isSplit ? job.splitSize : file.size),
    )
    const loaded: PartLoaded = {
      state,
      located,
      queued,
      milliseconds,
      stages: tallies.stopwatch.times,
      addresses: yield* tallies.addresses.counts,
      isStopped: yield* loading.isStopped,
    }
    return loaded
  }).pipe(withSource(job))

const numbersOf = (parts: ReadonlyArray<Pick<PartLoad<SourceFile>, "part">>) => parts.map(({ part }) => part)

/** Cuts a file into parts, unless that was done before, and gives the numbers of those that are left to load. */
export const splitFile = (job: Job, file: FileReference) =>
  Effect.gen(function* () {
    const runs = yield* RunRepo
    const worker = yield* Worker
    const vigil = yield* Vigil
    const source = yield* Source
    yield* checkWanted(job)
    const { load, request } = yield* registered(job, file)
    const taken = yield* runs.take(job.runId, request, load)
    const { maxRecordSize } = job
    if (taken.parts.every(({ resume }) => resume !== undefined)) return numbersOf(taken.parts)
    const cut = split(file, { ...optionsOf(job, worker.concurrency), splitSize: job.splitSize })(source.read(file, 0))
    return yield* cut.pipe(
      vigil.over(({ _tag }) => _tag === "BytesRead"),
      worker.inTurn(file.size),
      Effect.flatMap(
        Effect.fnUntraced(function* ({ header, parts }) {
          if (parts.length > 1) yield* runs.beginFile(taken, { header, parts, maxRecordSize })
          return parts.length > 1 ? parts.map((_, part) => part) : numbersOf(taken.parts)
        }),
      ),
      Effect.catchTag(
        "SourceError",
        Effect.fnUntraced(function* ({ message }) {
          yield* Effect.logError(message).pipe(Effect.annotateLogs({ step: "Extract", file: file.uri }))
          yield* runs.failFile(taken, message)
          return []
        }),
      ),
    )
  }).pipe(withSource(job))
