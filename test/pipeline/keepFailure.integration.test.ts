import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stdio, Stream } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { Progress } from "../../src/observability/Progress.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { Source } from "../../src/source/Source.ts"
import * as StdinSource from "../../src/source/StdinSource.ts"
import * as Testing from "../../src/testing.ts"
import { native } from "../utils/repos.ts"

const text = "email,ip\nada@example.com,8.8.8.8\n"
const mapping = ColumnMapping.make({ email: "email", ip: "ip_address" })

it.live.each([
  ["a file", Source.fromBytes({ "a.csv": text }), false],
  [
    "standard input",
    Layer.provide(StdinSource.layer, Stdio.layerTest({ stdin: Stream.succeed(Buffer.from(text)) })),
    true,
  ],
] as const)(
  "a run of %s that is interrupted while it locates is finished only where no call resumes it",
  ([, source, isFinished]) =>
    Effect.gen(function* () {
      const loaded = yield* Deferred.make<void>()
      const run = yield* Pipeline.run({ mapping }).pipe(
        Effect.provideService(Progress, ({ _tag }) =>
          _tag === "Loaded" ? Effect.asVoid(Deferred.succeed(loaded, undefined)) : Effect.void,
        ),
        Effect.forkChild,
      )
      yield* Deferred.await(loaded)
      yield* Fiber.interrupt(run)
      const sql = yield* PgClient.PgClient
      assert.deepStrictEqual(yield* sql`select exit_code, finished_at is not null as "isFinished" from etl_runs`, [
        { exit_code: 130, isFinished },
      ])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          source,
          Testing.layerGeo({}, { delay: "1 hour" }),
          Repositories.layer.pipe(Layer.provideMerge(native)),
        ),
      ),
      Effect.scoped,
    ),
)
