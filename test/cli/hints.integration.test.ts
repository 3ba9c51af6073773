import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

describe("the command", () => {
  it.live("suggests commands as it was started: by npm in a checkout", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryDirectory
      const env = { npm_lifecycle_event: "etl", npm_package_name: "user-activity-etl" }
      const runs = yield* spawnEtl(["runs"], { cwd, env })
      assert.strictEqual(yield* runs.ended, 2)
      assert.include(runs.output.stderr, "Load files first (npm run etl -- --source DIR)")
      const bad = yield* spawnEtl(["rejects", "--nothing"], { cwd, env })
      assert.strictEqual(yield* bad.ended, 2)
      assert.match(bad.output.stderr, /^Usage: etl rejects .*\nSee: npm run etl -- rejects --help$/m)
    }).pipe(Effect.scoped),
  )
})
