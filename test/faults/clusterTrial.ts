import { assert } from "@effect/vitest"
import { Clock, Effect, Semaphore } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeDatabase } from "../utils/etl.ts"
import { fakeIpApi } from "../utils/ipApi.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { S3Server } from "../utils/s3.ts"
import { type ClusterInput, clusterMapping } from "./clusterInput.ts"
import { type ClusterPlan, describeClusterPlan, type Share } from "./clusterPlan.ts"
import { runEtl } from "./etlProcess.ts"
import { foundTables, type Tables, tablesQuery } from "./judge.ts"
import { makeWorker, type WorkerProcess } from "./workerProcess.ts"

const bucket = "cluster"

/** Longer than a worker that says nothing keeps its shards. */
const stopMillis = 20_000

const patienceMillis = 600_000

/** Puts the files into a bucket of their own. */
export const putInput = Effect.fnUntraced(function* ({ files }: ClusterInput) {
  const server = yield* S3Server
  yield* server.makeBucket(bucket)
  yield* Effect.forEach(files, ([key, text]) => server.put(bucket, `input/${key}`, text), { concurrency: 4 })
})

/** A database, a geolocation service, and the command that loads the bucket. */
const makeSetting = Effect.gen(function* () {
  const { endpoint } = yield* S3Server
  const { env, query } = yield* makeDatabase
  const service = yield* fakeIpApi()
  const cwd = yield* temporaryDirectory
  writeFileSync(join(cwd, "mapping.json"), clusterMapping)
  const args = [
    ["run", "--source", "input/", "--aws", "--bucket", bucket, "--endpoint", endpoint],
    ["--mapping", "mapping.json", "--max-rejects", "100%", "--json"],
  ].flat()
  return { args, cwd, env: { ...env, IP_API_URL: service.url }, patienceMillis, query }
})
type Setting = Effect.Success<typeof makeSetting>

/** All that must be the same, however the files were loaded. */
const outcomeOf = Effect.fnUntraced(function* ({ query }: Setting) {
  const [tables] = yield* query<{ json: string }>(tablesQuery)
  const [rest] = yield* query(`
    select (select count(*) from etl_checkpoints)::int as checkpoints,
      (select json_agg(json_build_object('finished', finished_at is not null, 'exit_code', exit_code, 'read', read,
        'inserted', inserted, 'rejected', rejected, 'others', updated + unchanged + stale + duplicate)) from etl_runs) as runs`)
  return { tables: foundTables(tables!.json), rest }
})
export type ClusterOutcome = Effect.Success<ReturnType<typeof outcomeOf>>

/** What a single process leaves. */
export const loadAlone = Effect.gen(function* () {
  const setting = yield* makeSetting
  const { code, output } = yield* runEtl({ ...setting, args: [...setting.args, "--geo", "ip-api"] })
  assert.strictEqual(code, 3, output)
  return yield* outcomeOf(setting)
}).pipe(Effect.scoped)

const rowsOf = ({ users, rejects, badValues, files }: Tables) =>
  [...users, ...rejects, ...badValues, ...files].map((row) => JSON.stringify(row))

/** The first rows that are not the same: there are too many to compare each with each. */
const firstDifferences = (expected: Tables, found: Tables): ReadonlyArray<string> => {
  const [right, actual] = [new Set(rowsOf(expected)), new Set(rowsOf(found))]
  const missing = (from: ReadonlySet<string>, rows: ReadonlySet<string>, what: string) =>
    [...rows]
      .filter((row) => !from.has(row))
      .slice(0, 4)
      .map((row) => `${row} ${what}`)
  return [...missing(actual, right, "is missing"), ...missing(right, actual, "is there instead")].sort()
}

const shareRead = ({ query }: Setting, records: number): Effect.Effect<Share> =>
  query<{ read: number }>(`
    select coalesce(sum(read), 0)::float8 as read
    from (select read from etl_files union all select read from etl_checkpoints) counted`).pipe(
    Effect.map(([row]) => row!.read / records),
    // The workers make the tables.
    Effect.orElseSucceed(() => 0),
  )

/** Disturbs the workers as planned. */
const disturb = Effect.fnUntraced(function* (
  { killed, stopped, all }: ClusterPlan,
  workers: ReadonlyArray<WorkerProcess>,
  share: Effect.Effect<Share>,
  tell: (what: string) => Effect.Effect<void>,
) {
  // What is done to one worker is brought to its end before all are killed.
  const turns = yield* Semaphore.make(2)
  const when = (at: Share) => Effect.repeat(Effect.delay(share, "100 millis"), { until: (share) => share >= at })

  const killOne = Effect.gen(function* () {
    const worker = workers[killed.worker]!
    yield* worker.kill
    yield* tell(`worker ${killed.worker} is killed`)
    yield* Effect.delay(worker.start, killed.downMillis)
    yield* tell(`worker ${killed.worker} is started again`)
  })
  const stopOne = Effect.gen(function* () {
    const worker = workers[stopped.worker]!
    yield* worker.stop
    yield* tell(`worker ${stopped.worker} is stopped`)
    yield* Effect.delay(worker.goOn, stopMillis)
    yield* tell(`worker ${stopped.worker} goes on`)
    // It has time to write what it must not.
    yield* Effect.sleep("4 seconds")
  })
  const killAll = Effect.gen(function* () {
    yield* Effect.forEach(workers, ({ kill }) => kill, { concurrency: "unbounded" })
    yield* tell("all workers are killed")
    yield* Effect.forEach(workers, ({ start }, index) => Effect.delay(start, all.downMillis[index]!), {
      concurrency: "unbounded",
    })
    yield* tell("all workers are started again")
  })
  yield* Effect.all(
    [
      Effect.andThen(when(killed.at), turns.withPermits(1)(killOne)),
      Effect.andThen(when(stopped.at), turns.withPermits(1)(stopOne)),
      Effect.andThen(when(all.at), turns.withPermits(2)(killAll)),
    ],
    { concurrency: "unbounded", discard: true },
  )
})

/** Three workers load the bucket, and are disturbed: what they leave must be what one process leaves. */
export const clusterTrial = Effect.fnUntraced(function* (
  plan: ClusterPlan,
  { records }: ClusterInput,
  expected: ClusterOutcome,
) {
  const setting = yield* makeSetting
  const share = shareRead(setting, records)
  const start = yield* Clock.currentTimeMillis
  const told = [describeClusterPlan(plan)]
  const tell = Effect.fnUntraced(function* (what: string) {
    const read = ((yield* share) * 100).toFixed(1)
    told.push(`${(((yield* Clock.currentTimeMillis) - start) / 1000).toFixed(1)} s: ${what} (${read} % read)`)
  })
  const workers = yield* Effect.replicateEffect(makeWorker({ env: setting.env, flags: ["--geo", "ip-api"] }), 3)

  const work = Effect.gen(function* () {
    yield* Effect.forEach(workers, ({ start }) => start)
    const disturbing = Effect.andThen(disturb(plan, workers, share, tell), Effect.never)
    // Small chunks: there is time to be disturbed.
    const args = [...setting.args, "--cluster", "--chunksize", "100", "--split-size", "1M"]
    const run = yield* Effect.raceFirst(runEtl({ ...setting, args }), disturbing)
    yield* tell(`the run ends with ${run.code}`)
    assert.strictEqual(run.code, 3, run.output)
    for (const what of ["is stopped", "is killed", "all workers are killed"]) {
      assert.isTrue(
        told.some((line) => line.includes(what)),
        `the run ended before "${what}": nothing is proven`,
      )
    }
    for (const worker of workers) assert.isFalse(worker.hasEnded(), `the worker at ${worker.port} has ended by itself`)
    const found = yield* outcomeOf(setting)
    assert.isEmpty(firstDifferences(expected.tables, found.tables).join("\n"))
    assert.deepStrictEqual(found, expected)
    const kept = setting.query("select 1 from cluster_messages union all select 1 from cluster_replies")
    while ((yield* kept).length > 0) yield* Effect.sleep("1 second")
  })
  const tellLogs = Effect.sync(() =>
    told.push(...workers.map((worker, index) => `worker ${index}:\n${worker.log().slice(-10_000)}`)),
  )
  yield* work.pipe(
    Effect.onError(() => tellLogs),
    Effect.ensuring(Effect.sync(() => process.stdout.write(`${told.join("\n  ")}\n`))),
  )
}, Effect.scoped)
