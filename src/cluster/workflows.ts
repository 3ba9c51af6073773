// The workflows of a worker: a run, the splitting of a file, the loading of a part.

import { Effect, Layer, Schedule, Schema } from "effect"
import { Activity } from "effect/workflow"
import { RunSummary } from "../domain/RunSummary.ts"
import { ClusterRuns, type PartOfRun } from "../repo/ClusterRuns.ts"
import type { Attempt } from "../repo/RunRepo.ts"
import { drive } from "./drive.ts"
import { asActivity } from "./Job.ts"
import { LoadPart, LoadRun, PartOutcome, RunFailed, SplitFile } from "./LoadRun.ts"
import * as Parts from "./partActivities.ts"
import * as Run from "./runActivities.ts"

const encodeOutcome = Schema.encodeEffect(Schema.fromJsonString(PartOutcome))

/** The body of a child. Its outcome is kept, also a failure: the run waits for it. */
const child = <R>(name: string, attempt: Attempt, part: PartOfRun, execute: Effect.Effect<PartOutcome, RunFailed, R>) =>
  Activity.make({
    name,
    execute: Effect.gen(function* () {
      const json = yield* asActivity(attempt, Effect.flatMap(execute, encodeOutcome)).pipe(
        Effect.catchTag("RunFailed", (failure) => Effect.orDie(encodeOutcome({ _tag: "Failed", failure }))),
      )
      const clusterRuns = yield* ClusterRuns
      // Without the outcome the run would wait for ever.
      yield* asActivity(attempt, clusterRuns.keepOutcome(attempt, part, json)).pipe(
        Effect.retry(Schedule.spaced("1 minute")),
        Effect.orDie,
      )
    }),
  })

const partLayer = LoadPart.toLayer(({ fileId, part, ...attempt }) =>
  child(
    "Load",
    attempt,
    { fileId, part },
    Effect.map(asActivity(attempt, Parts.loadPart(attempt, fileId, part)), (loaded) => ({ _tag: "Loaded", loaded })),
  ),
)

const splitLayer = SplitFile.toLayer(({ fileId, ...attempt }) =>
  child(
    "Split",
    attempt,
    { fileId, part: -1 },
    Effect.map(asActivity(attempt, Parts.splitFile(attempt, fileId)), (parts) => ({ _tag: "Split", parts })),
  ),
)

const runLayer = LoadRun.toLayer(
  Effect.fnUntraced(function* (attempt) {
    let start: number | undefined
    const load = Effect.gen(function* () {
      const plan = yield* Activity.make({
        name: "Plan",
        success: Run.Plan,
        error: RunFailed,
        execute: asActivity(attempt, Run.plan(attempt)),
      })
      start = plan.start
      const parts = yield* Activity.make({
        name: "Drive",
        success: Schema.Array(Run.LoadedPart),
        error: RunFailed,
        execute: asActivity(attempt, drive(attempt, plan)),
      })
      return yield* Activity.make({
        name: "Finish",
        success: RunSummary,
        error: RunFailed,
        execute: asActivity(attempt, Run.finish(attempt, plan, parts)),
      })
    })
    return yield* load.pipe(
      Effect.catchTag("RunFailed", (failure) =>
        Effect.andThen(
          Activity.make({
            name: "KeepFailure",
            error: RunFailed,
            // Without the result the commands that follow the run would wait for ever.
            execute: asActivity(attempt, Run.keepFailure(attempt, start, failure)).pipe(
              Effect.retry(Schedule.spaced("1 minute")),
            ),
          }),
          Effect.fail(failure),
        ),
      ),
    )
  }),
)

/** All workflows. */
export const layer = Layer.mergeAll(runLayer, splitLayer, partLayer)
