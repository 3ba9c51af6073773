import { Effect, Layer, Schema } from "effect"
import { Activity } from "effect/workflow"
import { RunSummary } from "../domain/RunSummary.ts"
import { asActivity } from "./Job.ts"
import { type FileReference, type Job, LoadPart, LoadRun, PartOutcome, RunFailed, SplitFile } from "./LoadRun.ts"
import * as Parts from "./partActivities.ts"
import * as Run from "./runActivities.ts"

const partLayer = LoadPart.toLayer(({ file, job, part }) =>
  Activity.make({
    name: "Load",
    success: PartOutcome,
    error: RunFailed,
    execute: asActivity(job, Parts.loadPart(job, file, part)),
  }),
)

const splitLayer = SplitFile.toLayer(({ file, job }) =>
  Activity.make({
    name: "Split",
    success: Schema.Array(Schema.Int),
    error: RunFailed,
    execute: asActivity(job, Parts.splitFile(job, file)),
  }),
)

/** Children of a run that are under way at once: some for every worker, and no burst for the engine. */
const childrenAtOnce = 64

const loadFile = Effect.fnUntraced(function* (job: Job, file: FileReference, known: ReadonlyArray<number> | null) {
  const parts = known ?? (yield* SplitFile.execute({ job, file }))
  return yield* Effect.forEach(
    parts,
    (part) =>
      Effect.map(LoadPart.execute({ job, file, part }), (outcome): Run.LoadedPart => ({ uri: file.uri, outcome })),
    { concurrency: childrenAtOnce },
  )
})

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
      const parts = yield* Effect.forEach(plan.files, ({ file, parts }) => loadFile(job, file, parts), {
        concurrency: childrenAtOnce,
      })
      return yield* Activity.make({
        name: "Finish",
        success: RunSummary,
        error: RunFailed,
        execute: asActivity(job, Run.finish(job, plan, parts.flat())),
      })
    })
    return yield* load.pipe(
      Effect.catchTag("RunFailed", (failure) =>
        Effect.andThen(
          Activity.make({
            name: "KeepFailure",
            execute: asActivity(job, Run.keepFailure(job, start, failure)),
            error: RunFailed,
          }),
          Effect.fail(failure),
        ),
      ),
    )
  }),
)

/** What a worker does of runs. */
export const layer = Layer.mergeAll(runLayer, splitLayer, partLayer)
