import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runEtl } from "./etlProcess.ts"
import { makeInput } from "./input.ts"
import { seeds } from "./seeds.ts"
import { commitOn, type Database, describePlan, makePlan } from "./plan.ts"
import { makeSetting, trial, undisturbed } from "./trial.ts"

/** The fault tests of a database: see CONTRIBUTING.md. */
export const testFaults = (database: Database): void => {
  const duration = Effect.runSync(Effect.cached(Effect.scoped(undisturbed(database, makeInput(0)))))

  describe(`etl on the ${database} database`, () => {
    // First, also since its runs fill the cache of compiled code: the run that is timed finds it full.
    it.live("ends with 130 at SIGINT and at SIGTERM, and the same command resumes", () =>
      Effect.gen(function* () {
        const input = makeInput(0)
        const setting = { database, isNew: false, locates: false, chunkSize: 20, concurrency: 4 }
        const { command, judge } = yield* makeSetting(setting, input)
        for (const [signal, at] of [
          ["SIGINT", `${commitOn[database]}:5:after`],
          ["SIGTERM", "into users:2:sent"],
        ] as const) {
          const run = yield* runEtl({ ...command, at, env: { ...command.env, KILL_WITH: signal } })
          assert.strictEqual(run.code, 130, run.output)
          assert.include(run.output, `To resume, run: etl ${command.args.join(" ")}\n`)
        }
        yield* judge(yield* runEtl(command))
      }),
    )

    it.live("leaves the right tables when nobody disturbs it", () => duration)

    for (const seed of seeds) {
      const input = makeInput(seed)
      const plan = makePlan(seed, input)
      if (plan.database !== database) continue
      it.live(`leaves the same tables though it is killed: ${describePlan(plan)}`, () =>
        Effect.flatMap(duration, (milliseconds) => trial(plan, input, milliseconds)),
      )
    }
  })
}
