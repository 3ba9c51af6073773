import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Ref, Runtime, Stream } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { DatabaseError } from "../../src/domain/DatabaseError.ts"
import { exitCode, noRecords } from "../../src/domain/RunSummary.ts"
import { Progress } from "../../src/observability/Progress.ts"
import { Stopwatch } from "../../src/observability/Stopwatch.ts"
import { SampleSize } from "../../src/csv/Sample.ts"
import { GeoLocator, GeoLocatorError } from "../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { LocationQueue } from "../../src/repo/LocationQueue.ts"
import { RunRepo } from "../../src/repo/RunRepo.ts"
import { Source } from "../../src/source/Source.ts"
import { SourceError } from "../../src/domain/SourceFile.ts"
import * as Testing from "../../src/testing.ts"
import { ips } from "../utils/addresses.ts"

const mapping = ColumnMapping.make({ email: "email", ip: "ip_address", day: "updated_at" })
const options = { mapping, chunkSize: 2 }

const storedUsers = Effect.gen(function* () {
  const { users } = yield* Testing.Tables
  return Object.fromEntries([...(yield* Ref.get(users))].map(([email, row]) => [email, row.location?.city ?? null]))
})

const files = {
  "b.csv": "email,ip,day\na@example.com,9.9.9.9,2020-01-02\nd@example.com,8.8.8.8,\n",
  "a.csv": "email,ip,day\na@example.com,8.8.8.8,2020-01-01\nb@example.com,10.0.0.1,\nno,1,2\nc@example.com,,\n",
}

describe("Pipeline.run", () => {
  it.effect("counts the addresses that the service has told of before", () => {
    const file = (email: string) => `email,ip,day\n${email},8.8.8.8,\n`
    const run = (name: string) =>
      Effect.provide(Pipeline.run(options), Testing.layerSource({ [name]: file(`${name}@example.com`) }))
    return Effect.gen(function* () {
      assert.deepInclude((yield* run("a")).addresses, { service: 1, remembered: 0, located: 1 })
      assert.deepInclude((yield* run("b")).addresses, { service: 0, remembered: 1, located: 1 })
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, Testing.layerGeo({ "8.8.8.8": { city: "Eight" } }))))
  })

  it.effect("an attempt in memory ends itself alone, too: not the one that has begun since", () =>
    Effect.gen(function* () {
      const runs = yield* RunRepo
      const begin = Effect.scoped(runs.begin({ source: "/data", mapping: "m", force: false }))
      const ending = { isFinished: true, exitCode: 0, milliseconds: 1, stages: new Stopwatch().times }
      const dead = yield* begin
      const living = yield* begin
      yield* runs.end(dead, ending)
      assert.deepStrictEqual(yield* begin, { runId: living.runId, attempt: 3 })
      yield* runs.end({ ...living, attempt: 3 }, ending)
      assert.deepStrictEqual(yield* begin, { runId: living.runId + 1, attempt: 1 })
    }).pipe(Effect.provide(Testing.layerRepo)),
  )

  it.effect("loads files in name order, locates and reports; a second run has nothing to do", () => {
    const asked: Array<ReadonlyArray<string>> = []
    return Effect.gen(function* () {
      const summary = yield* Pipeline.run(options)
      assert.deepInclude(summary.totals, { read: 6, inserted: 4, updated: 1, rejected: 1 })
      assert.deepStrictEqual(
        summary.files.map(({ name, state }) => [name, state]),
        [
          ["a.csv", "loaded"],
          ["b.csv", "loaded"],
        ],
      )
      assert.deepStrictEqual(yield* storedUsers, {
        "a@example.com": "Quad",
        "b@example.com": null,
        "c@example.com": null,
        "d@example.com": "Eight",
      })
      assert.deepStrictEqual(summary.addresses, {
        located: 2,
        unlocatable: 1,
        reasons: { private: 1 },
        remembered: 0,
        local: 0,
        service: 2,
        requests: 1,
        refusals: 0,
        waiting: 0,
        waitingForOthers: 0,
      })
      assert.strictEqual(exitCode(summary), 3)
      assert.deepStrictEqual(asked.flat().sort(), ["8.8.8.8", "9.9.9.9"])

      const again = yield* Pipeline.run(options)
      assert.deepStrictEqual(
        again.files.map(({ state }) => state),
        ["skipped", "skipped"],
      )
      assert.strictEqual(exitCode(again), 0)

      const forced = yield* Pipeline.run({ ...options, force: true })
      assert.deepInclude(forced.totals, { read: 6, unchanged: 4, stale: 1, rejected: 1 })
      assert.strictEqual(asked.flat().length, 2)
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Testing.layerSource(files),
          Testing.layerRepo,
          Testing.layerGeo({ "8.8.8.8": { city: "Eight" }, "9.9.9.9": { city: "Quad" } }, { asked }),
        ),
      ),
    )
  })

  it.effect("an instant locator leaves nothing to wait for", () => {
    const instant = Layer.succeed(GeoLocator, {
      name: "table",
      instant: (addresses) =>
        Effect.succeed(
          new Map(addresses.filter((address) => address === "8.8.8.8").map((address) => [address, located("Eight")])),
        ),
      service: undefined,
    })
    return Effect.gen(function* () {
      const summary = yield* Pipeline.run(options)
      assert.strictEqual(summary.addresses.waiting, 0)
      assert.deepInclude(yield* storedUsers, { "d@example.com": "Eight", "a@example.com": null })
    }).pipe(Effect.provide(Layer.mergeAll(Testing.layerSource(files), Testing.layerRepo, instant)))
  })

  it.effect.each([
    ["a service", Testing.layerGeo({ "8.8.8.8": { city: "Eight" } })],
    [
      "a local locator",
      GeoLocator.layerInstant(
        "table",
        (addresses) =>
          new Map(addresses.flatMap((address) => (address === "8.8.8.8" ? [[address, located("Eight")]] : []))),
      ),
    ],
  ] as const)("locates 6to4 and NAT64 by the IPv4 address inside, and keeps them, with %s", ([, locator]) =>
    Effect.gen(function* () {
      const summary = yield* Pipeline.run(options)
      assert.deepStrictEqual(yield* storedUsers, {
        "a@example.com": "Eight",
        "b@example.com": "Eight",
        "c@example.com": null,
        "d@example.com": "Eight",
      })
      assert.deepInclude(summary.addresses, { unlocatable: 1, reasons: { private: 1 }, waiting: 0 })
      const { users } = yield* Testing.Tables
      assert.deepStrictEqual([...(yield* Ref.get(users)).values()].map(({ user }) => user.ip_address).sort(), [
        ...ips("2002:808:808::1", "2002:a00:1::", "64:ff9b::808:808", "8.8.8.8"),
      ])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Testing.layerSource({
            "a.csv":
              "email,ip,day\na@example.com,2002:808:808::1,\nb@example.com,64:ff9b::808:808,\n" +
              "c@example.com,2002:a00:1::,\nd@example.com,::ffff:8.8.8.8,\n",
          }),
          Testing.layerRepo,
          locator,
        ),
      ),
    ),
  )

  it.effect("both spellings of an e-mail address in an international domain are one user", () =>
    Effect.gen(function* () {
      const { totals } = yield* Pipeline.run(options)
      assert.deepInclude(totals, { read: 2, inserted: 1, duplicate: 1, rejected: 0 })
      assert.deepStrictEqual(Object.keys(yield* storedUsers), ["info@xn--mller-kva.example"])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Testing.layerSource({
            "a.csv": "email,ip,day\ninfo@müller.example,,\ninfo@xn--mller-kva.example,,\n",
          }),
          Testing.layerRepo,
          GeoLocator.none,
        ),
      ),
    ),
  )

  it.effect("without a service users are loaded, and the addresses wait", () => {
    const broken = Layer.succeed(GeoLocator, {
      name: "broken",
      instant: undefined,
      service: {
        provider: "broken",
        batchSize: 1,
        concurrency: 2,
        requestsPerMinute: 15,
        locate: () => Effect.fail(new GeoLocatorError({ provider: "broken", message: "is down", retryable: true })),
      },
    })
    return Effect.gen(function* () {
      const summary = yield* Pipeline.run(options)
      assert.deepInclude(summary.totals, { read: 6, inserted: 4, updated: 1 })
      assert.strictEqual(summary.addresses.waiting, 2)
      assert.strictEqual(summary.locatingError, "is down")
      assert.deepInclude(summary.locatingFailure, { _tag: "GeoLocatorError", provider: "broken", retryable: true })
      assert.strictEqual(exitCode({ ...summary, totals: { ...summary.totals, rejected: 0 } }), 7)
    }).pipe(Effect.provide(Layer.mergeAll(Testing.layerSource(files), Testing.layerRepo, broken)))
  })

  it.effect("a small file with too many rejects stays unfinished, whatever commits beside it", () => {
    const rows = (count: number, bad: number, name: string) =>
      Array.from({ length: count }, (_, row) => `${row < bad ? "no" : `${name}${row}@example.com`},,\n`)
    const content = (count: number, bad: number, name: string) => `email,ip,day\n${rows(count, bad, name).join("")}`
    return Effect.gen(function* () {
      const isCommitted = yield* Deferred.make<void>()
      const late = Layer.effect(
        Source,
        Effect.map(Source, (source) =>
          Source.of({
            ...source,
            read: (file, from) =>
              file.name === "a.csv"
                ? source.read(file, from)
                : Stream.concat(Stream.fromEffectDrain(Deferred.await(isCommitted)), source.read(file, from)),
          }),
        ),
      ).pipe(Layer.provide(Testing.layerSource({ "a.csv": content(1_900, 0, "a"), "b.csv": content(1_500, 200, "b") })))
      // Of both files together 6 % are rejected, of the second one 13 %.
      const summary = yield* Pipeline.run({ ...options, chunkSize: 2_000 }).pipe(
        Effect.provideService(Progress, ({ _tag }) =>
          _tag === "ChunkCommitted" ? Effect.asVoid(Deferred.succeed(isCommitted, undefined)) : Effect.void,
        ),
        Effect.provide(late),
      )
      assert.isTrue(summary.stopped)
      assert.deepStrictEqual(
        summary.files.map(({ state }) => state),
        ["loaded", "open"],
      )
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, GeoLocator.none)))
  })

  it.effect("a file that breaks fails alone, and goes on inside the next time", () => {
    let breaks = true
    const breaking = Layer.effect(
      Source,
      Effect.map(Source, (source) =>
        Source.of({
          ...source,
          read: (file, from) =>
            breaks && file.name === "a.csv"
              ? Stream.concat(
                  Stream.map(source.read(file, from), (bytes) => bytes.subarray(0, 75)),
                  Stream.fail(new SourceError({ operation: "read", uri: file.uri, message: "the line went dead" })),
                )
              : source.read(file, from),
        }),
      ),
    ).pipe(Layer.provide(Testing.layerSource(files)))
    return Effect.gen(function* () {
      const summary = yield* Pipeline.run(options)
      assert.strictEqual(exitCode(summary), 5)
      assert.deepInclude(summary.files[0]!.failure, { _tag: "SourceError", operation: "read" })
      assert.deepStrictEqual(
        summary.files.map(({ state, error, counts }) => [state, error, counts.read]),
        [
          ["failed", "the line went dead", 2],
          ["loaded", null, 2],
        ],
      )
      breaks = false
      const resumed = yield* Pipeline.run(options)
      assert.deepStrictEqual([resumed.runId, resumed.attempt], [summary.runId, 2])
      // The file's counts are those of its whole load; its older version of a@example.com was read first.
      assert.deepInclude(resumed.files[0]!.counts, { read: 4, inserted: 3, rejected: 1 })
      // And the run's totals those of all its attempts.
      assert.deepInclude(resumed.totals, { read: 6, rejected: 1 })
      assert.strictEqual(resumed.files[1]!.state, "loaded")
      assert.strictEqual((yield* Pipeline.run(options)).files[1]!.state, "skipped")
    }).pipe(Effect.provide([breaking, Testing.layerRepo, GeoLocator.none, Layer.succeed(SampleSize, () => 60)]))
  })

  it.effect("a broken sum is a defect: exit 1", () => {
    const losing = Layer.effect(
      RunRepo,
      Effect.map(RunRepo, (runs) =>
        RunRepo.of({ ...runs, totals: () => Effect.succeed({ ...noRecords, read: 6, inserted: 5 }) }),
      ),
    ).pipe(Layer.provideMerge(Testing.layerRepo))
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(Pipeline.run(options))
      assert.include(String(exit), "run 1: the outcomes do not add up to the records read")
      let code = 0
      Runtime.defaultTeardown(exit, (exitCode) => (code = exitCode))
      assert.strictEqual(code, 1)
    }).pipe(Effect.provide(Layer.mergeAll(Testing.layerSource(files), losing, GeoLocator.none)))
  })

  it.live("a database that fails under locating is told (6) though too many rejects stop the run (4)", () => {
    const gone = new DatabaseError({ operation: "query", message: "gone", retryable: false })
    const failing = Layer.effect(
      LocationQueue,
      Effect.map(LocationQueue, (queue) => LocationQueue.of({ ...queue, claims: Effect.fail(gone) })),
    ).pipe(Layer.provideMerge(Testing.layerRepo))
    const maxRejects = { _tag: "Records", records: 0 } as const
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Pipeline.run({ ...options, maxRejects }))
      assert.strictEqual(error, gone)
    }).pipe(Effect.provide(Layer.mergeAll(Testing.layerSource(files), failing, Testing.layerGeo({}))))
  })

  it.effect("another column mapping does not go on with a load that began", () => {
    const renamed = ColumnMapping.make({ email: "email" })
    const broken = Testing.layerSource({ "a.csv": "email,ip,day\n" + "a@example.com,,\n".repeat(3) })
    return Effect.gen(function* () {
      yield* Pipeline.run(options)
      const other = yield* Pipeline.run({ ...options, mapping: renamed })
      assert.strictEqual(other.files[0]!.state, "skipped")
      const forced = yield* Pipeline.run({ ...options, mapping: renamed, force: true })
      assert.strictEqual(forced.files[0]!.state, "loaded")
    }).pipe(Effect.provide(Layer.mergeAll(broken, Testing.layerRepo, GeoLocator.none)))
  })
})

const located = (city: string) => ({ _tag: "Located" as const, location: Testing.place({ city }) })
