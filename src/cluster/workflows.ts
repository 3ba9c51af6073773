import { Effect, Layer, Schedule, Schema } from "effect"
import { Activity } from "effect/workflow"
import { RunSummary } from "../domain/RunSummary.ts"
import { ClusterRuns, type PartOfRun } from "../repo/ClusterRuns.ts"
import { drive } from "./drive.ts"
import { asActivity } from "./Job.ts"
import { type Job, LoadPart, LoadRun, PartOutcome, RunFailed, SplitFile } from "./LoadRun.ts"
import * as Parts from "./partActivities.ts"
import * as Run from "./runActivities.ts"

const encodeOutcome = Schema.encodeEffect(Schema.fromJsonString(PartOutcome))

/** What a child does. Its outcome is kept, also a failure: the run waits for it. */
const child = <R>(name: string, job: Job, part: PartOfRun, execute: Effect.Effect<PartOutcome, RunFailed, R>) =>
  Activity.make({
    name,
    execute: Effect.gen(function* () {
      const outcome = yield* execute.pipe(
        Effect.catchTag("RunFailed", (failure) => Effect.succeed<PartOutcome>({ _tag: "Failed", failure })),
      )
      const json = yield* Effect.orDie(encodeOutcome(outcome))
      const clusterRuns = yield* ClusterRuns
      // Whoever drives the run would wait for it for ever.
      yield* asActivity(job, clusterRuns.keepOutcome(job, part, json)).pipe(
        Effect.retry(Schedule.spaced("1 minute")),
        Effect.orDie,
      )
    }),
  })

const partLayer = LoadPart.toLayer(({ file, job, part }) =>
  child(
    "Load",
    job,
    { fileId: file.fileId, part },
    Effect.map(asActivity(job, Parts.loadPart(job, file, part)), (loaded) => ({ _tag: "Loaded", loaded })),
  ),
)

const splitLayer = SplitFile.toLayer(({ file, job }) =>
  child(
    "Split",
    job,
    { fileId: file.fileId, part: -1 },
    Effect.map(asActivity(job, Parts.splitFile(job, file)), (parts) => ({ _tag: "Split", parts })),
  ),
)

const runLayer = LoadRun.toLayer(
  Effect.fnUntraced(function* (job) {
    let start: number | undefined
    const load = Effect.gen(function* () {
      const plan = yield* Activity.make({
        name: "Plan",
        success: Run.Plan,
        error: RunFailed,
        execute: asActivity(job, Run.plan(job)),
      })
      start = plan.start
      const parts = yield* Activity.make({
        name: "Drive",
        success: Schema.Array(Run.LoadedPart),
        error: RunFailed,
        execute: asActivity(job, drive(job, plan)),
      })
      return yield* Activity.make({
        name: "Finish",
        success: RunSummary,
        error: RunFailed,
        execute: asActivity(job, Run.finish(job, plan, parts)),
      })
    })
    return yield* load.pipe(
      Effect.catchTag("RunFailed", (failure) =>
        Effect.andThen(
          Activity.make({
            name: "KeepFailure",
            error: RunFailed,
            execute: asActivity(job, Run.keepFailure(job, start, failure)),
          }),
          Effect.fail(failure),
        ),
      ),
    )
  }),
)

/** What a worker does of runs. */
export const layer = Layer.mergeAll(runLayer, splitLayer, partLayer)
