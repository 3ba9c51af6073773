// A cluster of one worker in memory, over a real database and a source that a test controls.

import { PgClient } from "@effect/sql-pg"
import { it } from "@effect/vitest"
import { Context, Effect, type Latch, Layer, type Scope, Stream } from "effect"
import { ClusterWorkflowEngine, TestRunner } from "effect/cluster"
import { handOver } from "../../src/cluster/handOver.ts"
import { type JobSettings, LoadRun } from "../../src/cluster/LoadRun.ts"
import * as Locating from "../../src/cluster/locating.ts"
import { RunWatch } from "../../src/cluster/RunWatch.ts"
import { Sources } from "../../src/cluster/Sources.ts"
import { WorkerActivity } from "../../src/cluster/WorkerActivity.ts"
import { Worker } from "../../src/cluster/Worker.ts"
import * as Workflows from "../../src/cluster/workflows.ts"
import { SampleSize } from "../../src/csv/Sample.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import { Source } from "../../src/source/Source.ts"
import { SourceError } from "../../src/domain/SourceFile.ts"
import * as Testing from "../../src/testing.ts"
import { native, repos } from "./repos.ts"

/** Settings that `etl run --cluster` might hand over. */
export const wanted: JobSettings = {
  source: { _tag: "S3", bucket: "bucket", prefix: "prefix", sign: false },
  mapping: [
    ["email", "email"],
    ["name", "first_name"],
  ],
  format: { delimiter: "," },
  chunkSize: 2,
  maxRecordSize: 1024,
  maxRejects: { _tag: "Percent", percent: 100 },
  force: false,
  locationsMaxAge: null,
  splitSize: 1_000_000,
}

export const sourceUri = "s3://bucket/prefix"

/** The source of the workers, which a test changes. */
export class World {
  files: Readonly<Record<string, string | Uint8Array>>
  /** Changes the source's behaviour. */
  change: (source: Source["Service"]) => Source["Service"] = (source) => source

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    this.files = files
  }

  get source(): Effect.Effect<Source["Service"]> {
    return Effect.scoped(
      Effect.map(Layer.build(Testing.layerSource(this.files, { uri: sourceUri })), (context) =>
        this.change(Context.get(context, Source)),
      ),
    )
  }
}

/** Files of these names break when they are read, after `after` bytes. */
export const breaking =
  (names: ReadonlyArray<string>, after: number) =>
  (source: Source["Service"]): Source["Service"] => ({
    ...source,
    read: (file, from) =>
      names.includes(file.name)
        ? Stream.concat(
            Stream.map(source.read(file, from), (bytes) => bytes.subarray(0, after)),
            Stream.fail(new SourceError({ operation: "read", uri: file.uri, message: "the line went dead" })),
          )
        : source.read(file, from),
  })

/**
 * No file is read beyond `after` bytes until the latch opens; `isSplit`: no later part of a file. `onRead` runs when a
 * read gets there.
 */
export const held =
  (latch: Latch.Latch, after: number, isSplit = false, onRead: Effect.Effect<unknown> = Effect.void) =>
  (source: Source["Service"]): Source["Service"] => ({
    ...source,
    read: (file, from) =>
      Stream.flatMap(source.read(file, from), (bytes) =>
        isSplit && from === 0
          ? Stream.succeed(bytes)
          : Stream.concat(
              Stream.succeed(bytes.subarray(0, after)),
              Stream.unwrap(Effect.as(Effect.andThen(onRead, latch.await), Stream.succeed(bytes.subarray(after)))),
            ),
      ),
  })

/** A worker of a cluster in memory, over a real database. */
export const cluster = (world: World, locator: Layer.Layer<GeoLocator> = GeoLocator.none) =>
  Layer.mergeAll(Workflows.layer, Locating.layer).pipe(
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provideMerge(TestRunner.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(Sources, { open: () => world.source }),
        WorkerActivity.layer,
        Worker.layer(2),
        RunWatch.layer,
        locator,
      ),
    ),
    Layer.provideMerge(repos(native)),
    // So that small files are held after their first records.
    Layer.provideMerge(Layer.succeed(SampleSize, () => 24)),
  )

/** Hands a run over and waits until it has ended. */
export const load = Effect.fnUntraced(function* (job: Partial<JobSettings> = {}) {
  const { runId, attempt } = yield* handOver({ ...wanted, ...job }, sourceUri)
  return yield* LoadRun.execute({ runId, attempt })
})

/** A file of `count` users, of twelve bytes each for at most ten users. */
export const usersFile = (name: string, count: number): string =>
  `email,name\n${Array.from({ length: count }, (_, index) => `${name}${index}@b.cd,Ada\n`).join("")}`

export const storedEmails = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<{ email: string }>`select email from users order by email collate "C"`
  return rows.map(({ email }) => email)
})

/** The runs as the database keeps them. */
export const storedRuns = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<{ attempts: number; exitCode: number | null; isFinished: boolean }>`
    select attempts::int, exit_code::int as "exitCode", finished_at is not null as "isFinished" from etl_runs order by id`
})

/** A test of a cluster that loads these files. */
export const inTheCluster = (
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  test: (world: World) => Effect.Effect<void, unknown, any>,
  locator?: Layer.Layer<GeoLocator>,
) =>
  it.live(name, () => {
    const world = new World(files)
    return Effect.provide(test(world), cluster(world, locator)) as Effect.Effect<void, unknown, Scope.Scope>
  })
