// The activities that load a part of a file, and that split a file into parts.

import { dirname, normalize } from "node:path"
import { Effect, Option, Schedule, Stream } from "effect"
import { baseName } from "../text/format.ts"
import { explain } from "../observability/Advice.ts"
import { reportBytes } from "../observability/Progress.ts"
import { open } from "../pipeline/decompress.ts"
import { headerErrorOf } from "../pipeline/headerError.ts"
import { reportNullWords } from "../pipeline/reportNullWords.ts"
import { logFormat } from "../pipeline/reportFormat.ts"
import * as LoadFile from "../pipeline/LoadFile.ts"
import * as Run from "../pipeline/Run.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { type Attempt, type FileIdentity, RunRepo } from "../repo/RunRepo.ts"
import { Source } from "../source/Source.ts"
import { splitUri } from "../domain/pattern.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { split } from "../csv/split.ts"
import { checkWanted, isOver, optionsOf, requestOf } from "./Job.ts"
import { type Job, type PartLoaded, RunFailed } from "./LoadRun.ts"
import { RunWatch, type AttemptState } from "./RunWatch.ts"
import { Sources } from "./Sources.ts"
import { WorkerActivity } from "./WorkerActivity.ts"
import { Worker } from "./Worker.ts"

/** How often to check whether the run is still wanted, and how many rejects it has. */
const every = "1 second"

/** A source that this worker cannot open: it fails the file, like a file that cannot be read. */
const unopened = (uri: string, error: SourceError) =>
  Source.of({
    uri,
    files: Stream.fail(error),
    read: () => Stream.fail(error),
    checkUnchanged: () => Effect.fail(error),
  })

/** What a child works on, found by its numbers. */
interface Work {
  readonly job: Job
  /** The latest state of the run. */
  readonly watched: () => AttemptState
  readonly file: SourceFile
}

/** Whether a path is outside the source's folder: it was listed by a link. */
const isOutside = (sourceUri: string, path: string): boolean => {
  const { named, pattern } = splitUri(sourceUri)
  return pattern === undefined ? ![path, dirname(path)].includes(named) : !path.startsWith(normalize(named))
}

/** The file as the source listed it. */
const toSourceFile = (sourceUri: string, identity: FileIdentity): SourceFile => ({
  ...identity,
  name: baseName(identity.uri),
  isLinked: !identity.uri.includes("://") && isOutside(sourceUri, identity.uri),
})

/** Works on a file with the run's source, which this worker may not be able to open. */
const withWork = <A, E, R>(attempt: Attempt, fileId: number, work: (work: Work) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { job, watched } = yield* (yield* RunWatch).watch(attempt)
    const listed = yield* (yield* ClusterRuns).file(fileId)
    if (Option.isNone(listed)) {
      return yield* new RunFailed({ message: `The database has no file ${fileId}.`, exitCode: 1 })
    }
    const identity = listed.value
    const source = yield* (yield* Sources)
      .open(job.source)
      .pipe(Effect.catchTag("SourceError", (error) => Effect.succeed(unopened(identity.uri, error))))
    const file = toSourceFile(source.uri, identity)
    return yield* Effect.provideService(work({ job, watched, file }), Source, source)
  })

/** Loads a part of a file to its end, or until the run is no longer wanted. */
export const loadPart = (attempt: Attempt, fileId: number, part: number) =>
  withWork(
    attempt,
    fileId,
    Effect.fnUntraced(function* ({ file, job, watched }: Work) {
      const worker = yield* Worker
      const activity = yield* WorkerActivity
      const clusterRuns = yield* ClusterRuns
      const { uri } = yield* Source
      const run = yield* Run.make(job.runId, requestOf(job, uri), optionsOf(job, worker.concurrency))
      yield* run.recount(watched().counts)
      const look = Effect.suspend((): Effect.Effect<unknown> => {
        const { counts, isOver, isStopped } = watched()
        return isOver ? run.cancel : isStopped ? run.stop : run.recount(counts)
      })
      const work = Effect.gen(function* () {
        // After a long wait for its turn another attempt may have the file.
        if (isOver(yield* clusterRuns.standing(job.runId), job)) yield* run.cancel
        else yield* look
        yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(every)))
        return yield* LoadFile.loadPart(run, { file, fileId }, part)
      })
      const { state, located, queued, milliseconds } = yield* work.pipe(
        // Both count: reading waits for writing, and a compressed file is first inflated up to where it resumes.
        activity.over(({ _tag }) => _tag === "ChunkCommitted" || _tag === "BytesRead"),
        worker.withRoomFor(file.size),
      )
      yield* reportNullWords(run.nullWords)
      const loaded: PartLoaded = {
        state,
        located,
        queued,
        milliseconds,
        stages: run.stopwatch.times,
        addresses: yield* run.addresses.counts,
        isStopped: yield* run.isStopped,
      }
      return loaded
    }),
  )

/** The most parts of a file: each has checkpoints of its own. */
const maxParts = 1_000

/**
 * Splits a file into parts, unless that was done before, and returns the numbers of those left to load. A compressed
 * file, which can only be read from its beginning, stays whole.
 */
export const splitFile = (attempt: Attempt, fileId: number) =>
  withWork(
    attempt,
    fileId,
    Effect.fnUntraced(function* ({ file, job, watched }: Work) {
      const runs = yield* RunRepo
      const worker = yield* Worker
      const activity = yield* WorkerActivity
      const source = yield* Source
      yield* checkWanted(job)
      const takeParts = runs.take(job.runId, requestOf(job, source.uri), { file, fileId })
      const taken = yield* takeParts
      if (taken.parts.every(({ resume }) => resume !== undefined)) return taken.parts.map(({ part }) => part)
      const splitSize = Math.max(job.splitSize, Math.ceil(file.size / maxParts))
      const stillWanted = Effect.suspend(() => (watched().isOver ? checkWanted(job) : Effect.void))
      const widths = yield* yield* Run.tableWidths
      const cut = Effect.gen(function* () {
        const { compression, stored } = yield* open(source, file)
        if (compression !== undefined) return undefined
        return yield* stored.pipe(
          reportBytes(file.uri, 0),
          split({ ...optionsOf(job, worker.concurrency), widths, isLinked: file.isLinked, splitSize }),
        )
      }).pipe(
        Effect.scoped,
        Effect.catchTag("HeaderError", (error) => headerErrorOf(file, error)),
        activity.over(({ _tag }) => _tag === "BytesRead"),
        Effect.raceFirst(Effect.forever(Effect.delay(stillWanted, every))),
        worker.withRoomFor(file.size),
      )
      return yield* cut.pipe(
        Effect.flatMap((found) =>
          found !== undefined && found.parts.length > 1
            ? Effect.andThen(
                logFormat(file, found),
                runs.beginFile(taken, { ...found, maxRecordSize: job.maxRecordSize }),
              )
            : Effect.void,
        ),
        // The stored parts count: another worker may have taken the file meanwhile.
        Effect.andThen(takeParts),
        Effect.map(({ parts }) => parts.map(({ part }) => part)),
        Effect.catchTag(
          "SourceError",
          Effect.fnUntraced(function* (error) {
            const why = yield* explain(error)
            yield* Effect.logError(why).pipe(Effect.annotateLogs({ step: "Extract", file: file.uri }))
            yield* runs.failFile(taken, why)
            return []
          }),
        ),
      )
    }),
  )
