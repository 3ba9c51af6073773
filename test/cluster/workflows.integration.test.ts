import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { ClusterWorkflowEngine, TestRunner } from "effect/cluster"
import { handOver } from "../../src/cluster/handOver.ts"
import { type Job, LoadRun } from "../../src/cluster/LoadRun.ts"
import { RunWatch } from "../../src/cluster/RunWatch.ts"
import { Sources } from "../../src/cluster/Sources.ts"
import { Vigil } from "../../src/cluster/Vigil.ts"
import { Worker } from "../../src/cluster/Worker.ts"
import * as Workflows from "../../src/cluster/workflows.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import { Source } from "../../src/source/Source.ts"
import * as Testing from "../../src/testing.ts"
import { native, repos } from "../utils/repos.ts"

const wanted: Omit<Job, "runId" | "attempt"> = {
  source: { _tag: "S3", bucket: "bucket", prefix: "prefix", sign: false },
  mapping: [
    ["email", "email"],
    ["name", "first_name"],
    ["day", "updated_at"],
  ],
  delimiter: ",",
  chunkSize: 2,
  maxRecordSize: 1024,
  maxRejects: { _tag: "Percent", percent: 100 },
  force: false,
  locationsMaxAge: null,
  splitSize: 1_000_000,
}

const sourceUri = "s3://bucket/prefix"

/** A worker of a cluster in memory, over a real database. */
const cluster = (files: Readonly<Record<string, string>>) => {
  const sources = Layer.succeed(Sources, {
    open: () => Effect.map(Layer.build(Testing.source(files, sourceUri)), Context.get(Source)),
  })
  return Workflows.layer.pipe(
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provideMerge(TestRunner.layer),
    Layer.provideMerge(Layer.mergeAll(sources, Vigil.layer, Worker.layer(2), RunWatch.layer, GeoLocator.none)),
    Layer.provideMerge(repos(native)),
  )
}

const load = Effect.fnUntraced(function* (job: Omit<Job, "runId" | "attempt">) {
  const { runId, attempt } = yield* handOver(job, sourceUri)
  return yield* LoadRun.execute({ ...job, runId, attempt })
})

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<{
    email: string
    first_name: string
    updated: boolean
  }>`select email, first_name, updated from users order by email`
})

describe("LoadRun", () => {
  it.live("loads each file, and each part of a large one", () =>
    Effect.gen(function* () {
      const summary = yield* load({ ...wanted, splitSize: 30 })
      assert.deepInclude(summary.totals, { read: 7, rejected: 1 })
      assert.deepStrictEqual(
        summary.files.map(({ name, state, counts }) => [name, state, counts.read]),
        [
          ["a.csv", "loaded", 5],
          ["b.csv", "loaded", 2],
        ],
      )
      assert.deepStrictEqual(yield* stored, [
        { email: "a@example.com", first_name: "Bo", updated: true },
        { email: "b@example.com", first_name: "Cy", updated: false },
        { email: "c@example.com", first_name: "Di", updated: true },
      ])
    }).pipe(
      Effect.provide(
        cluster({
          "a.csv":
            "email,name,day\na@example.com,Ada,2020-01-01\nb@example.com,Cy,2020-01-01\nnobody,,\na@example.com,Ada,2020-01-02\nc@example.com,Cy,\n",
          "b.csv": "email,name,day\na@example.com,Bo,2020-01-02\nc@example.com,Di,2020-01-01\n",
        }),
      ),
    ),
  )
})
