import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer, type Scope } from "effect"
import { MessageStorage } from "effect/cluster"
import { noPlaces } from "../../src/domain/rows/RowPlaces.ts"
import { follow } from "../../src/cluster/follow.ts"
import { handOver } from "../../src/cluster/handOver.ts"
import { Answer } from "../../src/domain/Location.ts"
import { Progress, type ProgressEvent } from "../../src/observability/Progress.ts"
import { addCounts, exitCode, noRecords } from "../../src/domain/RunSummary.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import { LocationQueue } from "../../src/repo/LocationQueue.ts"
import * as Testing from "../../src/testing.ts"
import { breaking, cluster, held, sourceUri, usersFile, wanted, World } from "../utils/cluster.ts"
import { makeShares, makeUser } from "../utils/records.ts"
import { newLoad, commit } from "../utils/repos.ts"
import { ips } from "../utils/addresses.ts"

const run = <A>(
  test: Effect.Effect<A, unknown, any>,
  world: World,
  locator: Layer.Layer<GeoLocator> = GeoLocator.none,
) => Effect.provide(test, cluster(world, locator)) as Effect.Effect<A, unknown, Scope.Scope>

/** Hands a run over, follows it, and collects what is told. */
const followed = Effect.fnUntraced(function* (job: Partial<typeof wanted> = {}) {
  const events: Array<ProgressEvent> = []
  const run = yield* handOver({ ...wanted, ...job }, sourceUri)
  const summary = yield* follow({ ...run, source: sourceUri, locateFor: undefined }).pipe(
    Effect.provideService(Progress, (event) => Effect.sync(() => void events.push(event))),
  )
  return { summary, events }
})

const of = <Tag extends ProgressEvent["_tag"]>(events: ReadonlyArray<ProgressEvent>, tag: Tag) =>
  events.filter((event): event is Extract<ProgressEvent, { _tag: Tag }> => event._tag === tag)

const withAddresses = {
  mapping: [
    ["email", "email"],
    ["ip", "ip_address"],
  ],
} as const

/** Users with an address each that nobody else has; `network`: of all of them. */
const addressesFile = (network: string, count: number): string =>
  `email,ip\n${Array.from({ length: count }, (_, index) => `${network}${index}@b.cd,${network}.${index >> 8}.${index & 255}\n`).join("")}`

/** Has no answer for that address, and calls every other one unlocatable. */
const silentAbout = (silent: string, asked: Array<string> = []) =>
  Layer.succeed(GeoLocator, {
    name: "silent",
    instant: undefined,
    service: {
      provider: "silent",
      batchSize: 100,
      concurrency: 2,
      requestsPerMinute: 15,
      locate: (addresses) => {
        asked.push(...addresses)
        return Effect.succeed(
          new Map(
            addresses.map((address) => [address, address === silent ? Answer.notNow : Answer.unlocatable("unknown")]),
          ),
        )
      },
    },
  })

describe("following a run of the cluster", () => {
  it.live("tells what adds up to its totals, in the first attempt and in the next", () => {
    const world = new World({
      "a.csv": usersFile("a", 3),
      "b.csv": usersFile("b", 9),
      "c.csv": `email,name\nnobody,\nc@b.cd,${"x".repeat(81)}\n`,
    })
    const format = { delimiter: ",", onBadValue: "null" } as const
    const size = Object.values(world.files).reduce((sum, text) => sum + text.length, 0)
    return run(
      Effect.gen(function* () {
        const told = ({ events }: Effect.Success<ReturnType<typeof followed>>) => ({
          counts: of(events, "ChunkCommitted").reduce((sum, { counts }) => addCounts(sum, counts), noRecords),
          bytes: of(events, "BytesRead").reduce((sum, { bytes }) => sum + bytes, 0),
          ended: of(events, "FileEnded").length,
          listed: of(events, "Listed").at(-1),
        })
        world.change = breaking(["b.csv"], 60)
        const first = yield* followed({ format })
        assert.strictEqual(exitCode(first.summary), 5)
        assert.deepStrictEqual(told(first).counts, first.summary.totals)
        assert.strictEqual(told(first).ended, 2)
        assert.isBelow(told(first).bytes, size)

        world.change = (source) => source
        const second = yield* followed({ format, splitSize: 36 })
        assert.deepInclude(second.summary, { attempt: 2 })
        assert.deepInclude(second.summary.totals, { read: 14, inserted: 13, rejected: 1, blanked: 1 })
        const { listed, ...sums } = told(second)
        assert.deepStrictEqual(sums, { counts: second.summary.totals, bytes: size, ended: 3 })
        assert.deepInclude(listed, { files: 3, bytes: size })
        assert.deepStrictEqual(second.events.at(-1), { _tag: "Loaded" })
      }),
      world,
    )
  })

  it.live("ends when the workers have answered what waits; they ask in full batches while the run goes on", () => {
    const world = new World({ "a.csv": addressesFile("8.8", 250), "b.csv": addressesFile("9.9", 5) })
    const asked: Array<ReadonlyArray<string>> = []
    return run(
      Effect.gen(function* () {
        const latch = yield* Latch.make()
        const holding = held(latch, 20)
        // The first file is read, the second one is not.
        world.change = (source) => ({
          ...source,
          read: (file, from) => (file.name === "a.csv" ? source : holding(source)).read(file, from),
        })
        const job = { ...withAddresses, chunkSize: 100 }
        const following = yield* Effect.forkScoped(followed(job))
        while (asked.length < 2) yield* Effect.sleep("50 millis")
        yield* Effect.sleep("2500 millis")
        assert.deepStrictEqual(
          asked.map((batch) => batch.length),
          [100, 100],
        )
        yield* latch.open
        const { events, summary } = yield* Fiber.join(following)
        assert.strictEqual(exitCode(summary), 0)
        assert.strictEqual(summary.addresses.waiting, 0)
        assert.isNull(summary.locatingError)
        assert.strictEqual(new Set(asked.flat()).size, 255)
        assert.strictEqual(asked.flat().length, 255)
        assert.strictEqual(yield* (yield* LocationQueue).waiting, 0)
        assert.deepInclude(of(events, "Queued").at(-1), { waiting: 0 })
      }),
      world,
      Testing.layerGeo({}, { asked }),
    )
  })

  it.live("waits for the addresses of its run alone, which is not at fault where those of others wait (0)", () => {
    const world = new World({ "a.csv": addressesFile("8.8", 3) })
    return run(
      Effect.gen(function* () {
        const share = makeShares([makeUser({ ip_address: "9.9.9.9" })], 10)[0]!
        yield* commit(yield* newLoad, share, { places: noPlaces, queue: ips("9.9.9.9") })
        const { summary } = yield* followed(withAddresses)
        assert.deepInclude(summary.addresses, { waiting: 0, waitingForOthers: 1 })
        assert.isNull(summary.locatingError)
        assert.strictEqual(exitCode(summary), 0)
      }),
      world,
      silentAbout("9.9.9.9"),
    )
  })

  it.live("an address that the service never answers is asked for again after a pause", () => {
    const world = new World({ "a.csv": addressesFile("8.8", 3) })
    const asked: Array<string> = []
    return run(
      Effect.gen(function* () {
        const share = makeShares([makeUser({ ip_address: "9.9.9.9" })], 10)[0]!
        yield* commit(yield* newLoad, share, { places: noPlaces, queue: ips("9.9.9.9") })
        yield* followed(withAddresses)
        yield* Effect.sleep("3 seconds")
        // Before the run, with it, and after it.
        assert.isAtMost(asked.filter((address) => address === "9.9.9.9").length, 3)
      }),
      world,
      silentAbout("9.9.9.9", asked),
    )
  })

  it.live("what the engine stores tells of no record", () => {
    const rejected = "odd-one,with-a-secret\n"
    const world = new World({ "a.csv": usersFile("someone", 9) + rejected, "b.csv": usersFile("body", 2) })
    return run(
      Effect.gen(function* () {
        const { summary } = yield* followed({ splitSize: 60 })
        assert.deepInclude(summary.totals, { read: 12, rejected: 1 })
        const { journal, requests } = yield* MessageStorage.MemoryDriver
        const stored = JSON.stringify([journal, [...requests.values()].map(({ replies }) => replies)])
        for (const reference of ["a.csv", "b.csv", "LoadRun", "LoadPart", "SplitFile"])
          assert.include(stored, reference)
        for (const secret of ["someone", "body0", "@b.cd", "Ada", "odd-one", "with-a-secret"]) {
          assert.notInclude(stored, secret)
        }
      }),
      world,
    )
  })
})
