import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, References, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { signature } from "../../src/domain/otherMapping.ts"
import { FileTakenError } from "../../src/repo/FileTakenError.ts"
import { unaccounted } from "../../src/domain/RunSummary.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as LoadFile from "../../src/pipeline/LoadFile.ts"
import * as LoadingRun from "../../src/pipeline/Run.ts"
import { type FileLoad, RunRepo, type RunRequest } from "../../src/repo/RunRepo.ts"
import { Source } from "../../src/source/Source.ts"
import type { SourceFile } from "../../src/domain/SourceFile.ts"
import { split } from "../../src/csv/split.ts"
import * as Testing from "../../src/testing.ts"
import { makeGate, makePicks } from "../utils/Gate.ts"
import { clear, native, repos } from "../utils/repos.ts"
import { list } from "../utils/sources.ts"
import { tries } from "../utils/tries.ts"
import { compareUpdates, dayOf, updateTexts } from "../utils/updates.ts"

const mapping = ColumnMapping.make({ email: "email", name: "first_name", day: "updated_at" })

/** Few e-mails, names and dates: ties and equal rows are the rule. */
const Version = Schema.Tuple([
  Schema.Literals(["a@example.com", "a@example.com", "b@example.com", "nobody"]),
  Schema.Literals(["Ada", "Bo"]),
  Schema.Literals(updateTexts),
])
type Version = typeof Version.Type

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const File = Schema.Struct({
  versions: Schema.Array(Version).check(Schema.isMaxLength(9)),
  /** Bytes; 1,000: not at all. */
  splitSize: Schema.Union([between(1, 120), Schema.Literal(1_000)]),
})
type File = typeof File.Type

const Files = Schema.Array(File).check(Schema.isMinLength(1), Schema.isMaxLength(3))

/** What befalls a worker when it has taken so many steps of a part. */
const Mishap = Schema.Struct({
  steps: between(0, 4),
  /** Its work is given away: it is killed before the step or in it, or goes on since it is not dead. */
  kind: Schema.Literals(["killed before", "killed", "believed dead"]),
})

const contentOf = ({ versions }: File): string =>
  ["email,name,day", ...versions.map((version) => version.join(","))].map((line) => `${line}\n`).join("")

/** The promise "last version wins", told without the program. */
const expected = (versions: ReadonlyArray<Version>) => {
  const byEmail = Map.groupBy(
    versions.filter(([email]) => email !== "nobody"),
    ([email]) => email,
  )
  return [...byEmail.keys()].sort().map((email) => {
    const all = byEmail.get(email)!
    const [, name, update] = all.reduce((left, right) => (compareUpdates(right[2], left[2]) >= 0 ? right : left))
    const updated = new Set(all.map(([, name, update]) => `${name} ${dayOf(update)}`)).size > 1
    return { email, name, day: dayOf(update), updated }
  })
}

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<{ email: string; name: string; day: string | null; updated: boolean }>`
    select email, first_name as name, updated_at::text as day, updated from users order by email`
})

const request = (source: string, force = false): RunRequest => ({ source, mapping: signature(mapping), force })

/** A run of a source, and what is known of its files. */
const beginRun = Effect.fnUntraced(function* (files: ReadonlyArray<File>, uri: string, force = false) {
  const runs = yield* RunRepo
  const source = yield* Effect.map(
    Layer.build(
      Testing.layerSource(Object.fromEntries(files.map((file, index) => [`${index}.csv`, contentOf(file)])), { uri }),
    ),
    Context.get(Source),
  )
  const asked = request(uri, force)
  const { runId } = yield* Effect.scoped(runs.begin(asked))
  const listed = yield* runs.register(runId, asked, yield* list(source))
  // All begin anew before any is loaded.
  const loads = force ? yield* Effect.forEach(listed, (load) => runs.take(runId, asked, load)) : listed
  return { runId, source, request: asked, loads, files }
})
type Run = Effect.Success<ReturnType<typeof beginRun>>

/** A file to be split, or a part to be loaded. */
interface Task {
  readonly run: Run
  readonly load: FileLoad<SourceFile>
  readonly splitSize: number
  readonly part: number | undefined
}

const tasksOf = (run: Run): ReadonlyArray<Task> =>
  run.loads.map((load, index) => ({ run, load, splitSize: run.files[index]!.splitSize, part: undefined }))

const options: Omit<LoadingRun.LoadOptions, "chunkSize" | "concurrency"> = {
  mapping,
  format: {},
  maxRecordSize: 1_024,
  maxRejects: { _tag: "Percent", percent: 100 },
  locationsMaxAge: undefined,
}

/** Cuts a file, and tells which parts there are. */
const splitFile = Effect.fnUntraced(function* ({ load, run, splitSize }: Task) {
  const runs = yield* RunRepo
  const taken = yield* runs.take(run.runId, run.request, load)
  if (taken.state === "loaded" || taken.parts.some(({ resume }) => resume !== undefined)) {
    return taken.parts.map(({ part }) => part)
  }
  const { format, header, parts } = yield* split({ ...options, splitSize })(run.source.read(load.file, 0))
  if (parts.length === 1) return [0]
  yield* runs.beginFile(taken, { header, format, parts, maxRecordSize: options.maxRecordSize })
  return parts.map((_, part) => part)
})

const isFenced = (error: unknown): boolean => error instanceof FileTakenError

interface Circumstances {
  readonly workers: number
  readonly chunkSize: number
  readonly concurrency: number
  /** Transactions that are under way at once. */
  readonly width: number
  readonly picks: ReadonlyArray<number>
  /** Of those who load a part, one after the other; undefined: none. */
  readonly mishaps: ReadonlyArray<typeof Mishap.Type | undefined>
}

/** Several workers load what there is, in an order that is picked; each mishap befalls one of them. */
const loadAll = Effect.fnUntraced(function* (tasks: ReadonlyArray<Task>, circumstances: Circumstances) {
  const { chunkSize, concurrency, width, workers } = circumstances
  const pick = makePicks(circumstances.picks)
  const gate = makeGate(pick, width)
  const mishaps = [...circumstances.mishaps]
  const runs = yield* RunRepo
  const waiting = [...tasks]
  const known = new Set<string>()

  /** What it takes to load a part, up to the mishap. */
  const loadPart = Effect.fnUntraced(function* (task: Task, part: number) {
    const { load, run } = task
    const mishap = mishaps.shift()
    const killed = yield* Deferred.make<void>()
    let steps = 0
    let isGivenAway = false
    const giveAway = (): void => {
      if (!isGivenAway) waiting.push(task)
      isGivenAway = true
    }
    const step = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      gate(
        Effect.gen(function* () {
          if (mishap !== undefined && steps++ === mishap.steps) {
            if (mishap.kind === "believed dead") giveAway()
            else yield* Deferred.succeed(killed, undefined)
            if (mishap.kind === "killed before") return yield* Effect.never
          }
          return yield* effect
        }),
      )
    const loading = LoadingRun.make(run.runId, run.request, { ...options, chunkSize, concurrency }).pipe(
      Effect.flatMap((loadingRun) => LoadFile.loadPart(loadingRun, load, part)),
      Effect.provideService(Source, run.source),
      Effect.provideService(RunRepo, {
        ...runs,
        commit: (...args) => step(runs.commit(...args)),
        beginFile: (...args) => step(runs.beginFile(...args)),
        finishPart: (...args) => step(runs.finishPart(...args)),
      }),
    )
    const death = Deferred.await(killed).pipe(
      Effect.andThen(Effect.sleep(pick(4))),
      Effect.andThen(Effect.sync(giveAway)),
    )
    yield* Effect.raceFirst(loading, death).pipe(Effect.catchIf(isFenced, () => Effect.sync(giveAway)))
  })

  const perform = Effect.fnUntraced(function* (task: Task) {
    if (task.part !== undefined) return yield* loadPart(task, task.part)
    for (const part of yield* gate(splitFile(task))) {
      const key = `${task.load.fileId}/${part}`
      if (!known.has(key)) waiting.push({ ...task, part })
      known.add(key)
    }
    // Whoever is believed dead while it splits.
    if (mishaps[0]?.steps === 0) {
      mishaps.shift()
      waiting.push(task)
    }
  })

  let busy = 0
  const work = Effect.gen(function* () {
    while (waiting.length > 0 || busy > 0) {
      const [task] = waiting.splice(pick(Math.max(waiting.length, 1)), 1)
      if (task === undefined) {
        yield* Effect.sleep("1 millis")
        continue
      }
      busy++
      yield* perform(task)
      busy--
    }
  })
  yield* Effect.all(
    Array.from({ length: workers }, () => work),
    { concurrency: "unbounded" },
  )
})

/** Every record is accounted for, once, and nothing is left to do. */
const checkRun = Effect.fnUntraced(function* ({ files, runId }: Run) {
  const totals = yield* (yield* RunRepo).totals(runId)
  const records = files.flatMap(({ versions }) => versions)
  assert.strictEqual(unaccounted(totals), 0)
  assert.deepInclude(totals, {
    read: records.length,
    rejected: records.filter(([email]) => email === "nobody").length,
  })
  return totals
})

/** The tables are those of the sources' files, one after the other. */
const checkStored = Effect.fnUntraced(function* (taken: ReadonlyArray<Run>) {
  const sql = yield* PgClient.PgClient
  const versions = taken.flatMap(({ files }) => files.flatMap((file) => file.versions))
  const users = expected(versions)
  assert.deepStrictEqual(yield* stored, users)
  assert.deepStrictEqual(yield* sql`select from etl_files where loaded_at is null`, [])
  assert.deepStrictEqual(yield* sql`select from etl_checkpoints`, [])
  const [count] = yield* sql<{ rejects: number }>`select count(*)::int as rejects from etl_rejects`
  assert.strictEqual(count!.rejects, versions.filter(([email]) => email === "nobody").length)
  return users
})

const checkTables = Effect.fnUntraced(function* (taken: ReadonlyArray<Run>) {
  const totals = yield* Effect.forEach(taken, checkRun)
  const users = yield* checkStored(taken)
  assert.strictEqual(
    totals.reduce((sum, { inserted }) => sum + inserted, 0),
    users.length,
  )
})

layer(repos<unknown>(native), { timeout: "60 seconds", excludeTestServices: true })("LoadFile.loadPart", (it) => {
  it.effect.prop(
    "the last version wins, in whatever order files and parts arrive, chunk by chunk, whoever is killed or believed dead",
    {
      sources: Schema.Array(Files).check(Schema.isMinLength(1), Schema.isMaxLength(2)),
      /** The second source is loaded when the first one is done. */
      isApart: Schema.Boolean,
      /** So many sources are loaded again. */
      forced: between(0, 2),
      workers: between(1, 4),
      chunkSize: between(1, 3),
      concurrency: Schema.Literals([1, 1, 3]),
      width: between(1, 3),
      picks: Schema.Array(between(0, 1_000)).check(Schema.isMinLength(5), Schema.isMaxLength(60)),
      mishaps: Schema.Array(Schema.Union([Mishap, Schema.Undefined])).check(Schema.isMaxLength(6)),
    },
    ({ sources, isApart, forced, ...circumstances }) =>
      Effect.gen(function* () {
        yield* clear
        const open: Array<Run> = []
        for (const [index, files] of sources.entries()) {
          open.push(yield* beginRun(files, `s3://bucket/${index}`))
          if (isApart) yield* loadAll(tasksOf(open.at(-1)!), circumstances)
        }
        if (!isApart) yield* loadAll(open.flatMap(tasksOf), circumstances)
        yield* checkTables(open)

        const again = yield* Effect.forEach(open.slice(0, forced), ({ files, source }) =>
          beginRun(files, source.uri, true),
        )
        yield* loadAll(again.flatMap(tasksOf), circumstances)
        for (const run of again) assert.deepInclude(yield* checkRun(run), { inserted: 0, updated: 0 })
        yield* checkStored(open)
      }).pipe(
        Effect.scoped,
        Effect.provide(GeoLocator.none),
        Effect.provideService(References.MinimumLogLevel, "None"),
      ),
    { arbitrary: { runs: tries(12, 100) } },
  )

  it.effect("work that is cancelled before it begins takes nothing from who has the file by now", () =>
    Effect.gen(function* () {
      yield* clear
      const runs = yield* RunRepo
      const { loads, request, runId, source } = yield* beginRun(
        [{ versions: [["a@example.com", "Ada", ""]], splitSize: 1_000 }],
        "s3://bucket/0",
      )
      const run = yield* LoadingRun.make(runId, request, { ...options, chunkSize: 1, concurrency: 1 })
      const [held] = yield* Effect.forEach(loads, (load) => runs.take(runId, request, load))
      yield* run.cancel
      assert.deepInclude(yield* Effect.provideService(LoadFile.loadPart(run, loads[0]!, 0), Source, source), {
        state: "open",
      })
      assert.deepInclude(yield* runs.finishPart({ ...held!, ...held!.parts[0]! }), { read: 0 })
    }).pipe(Effect.scoped, Effect.provide(GeoLocator.none), Effect.provideService(References.MinimumLogLevel, "None")),
  )
})
