import { NodeFileSystem } from "@effect/platform-node"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Ref, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Answer, type Location } from "../../src/domain/Location.ts"
import { firstInstant } from "../../src/domain/Moment.ts"
import { SourceError } from "../../src/domain/SourceFile.ts"
import * as Extra from "../../src/domain/Extra.ts"
import { User, userColumns } from "../../src/domain/User.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as IpApi from "../../src/geo/IpApi.ts"
import * as Mmdb from "../../src/geo/Mmdb.ts"
import { Quota } from "../../src/geo/quota/Quota.ts"
import * as MemoryRepo from "../../src/memory/MemoryRepo.ts"
import { placeColumns } from "../../src/postgres/locations/placeColumns.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import * as LocalSource from "../../src/source/LocalSource.ts"
import * as S3Source from "../../src/source/S3Source.ts"
import { Source } from "../../src/source/Source.ts"
import * as Testing from "../../src/testing.ts"
import { ip } from "../utils/addresses.ts"
import { fakeIpApi } from "../utils/ipApi.ts"
import { makeMmdb } from "../utils/mmdb.ts"
import { native } from "../utils/repos.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { bucket, withBucket } from "../utils/s3Setting.ts"
import { S3Server } from "../utils/s3.ts"

/** Every check as a test of its own. */
const proves = (implementation: string, checks: ReadonlyArray<Testing.Check<unknown>>) =>
  describe(`proves ${implementation}`, () => {
    for (const { check, name } of checks) it.live(name, () => check, 60_000)
  })

/** The names of the checks that fail. */
const failing = (checks: ReadonlyArray<Testing.Check<unknown>>) =>
  Effect.map(
    Effect.forEach(checks, ({ check, name }) =>
      Effect.map(Effect.exit(check), (exit) => (exit._tag === "Failure" ? [name] : [])),
    ),
    (names) => names.flat(),
  )

const catches = (name: string, checks: ReadonlyArray<Testing.Check<unknown>>, expected: RegExp) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const found = yield* failing(checks)
      assert.isTrue(
        found.some((check) => expected.test(check)),
        `caught by ${JSON.stringify(found)}`,
      )
      assert.isBelow(found.length, checks.length, "every check fails: the implementation does not even start")
    }),
  )

const inMemory = Effect.gen(function* () {
  const { users } = yield* MemoryRepo.Tables
  return [...(yield* Ref.get(users)).values()].map(({ location, user }) => ({ user, location }))
})

const inPostgres = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql.unsafe<Record<string, unknown> & { readonly extra: Readonly<Record<string, string>> | null }>(
    `select ${userColumns.map((column) => (column.endsWith("_at") ? `${column}::text as ${column}` : column)).join(", ")}, ${placeColumns.join(", ")} from users`,
  )
  return rows.map((row) => ({
    user: User.make({
      ...(Object.fromEntries(userColumns.map((column) => [column, row[column]])) as unknown as User),
      extra: row.extra && Extra.make(row.extra),
    }),
    location:
      row.latitude === null
        ? null
        : (Object.fromEntries(placeColumns.map((column) => [column, row[column]])) as unknown as Location),
  }))
})

describe("userRepoChecks", () => {
  proves("memory", Testing.userRepoChecks({ layer: MemoryRepo.layerUsers, stored: inMemory }))
  proves(
    "PostgreSQL",
    Testing.userRepoChecks({ layer: Repositories.layerUsers.pipe(Layer.provideMerge(native)), stored: inPostgres }),
  )

  /** The repository in memory, with a defect. */
  const wrong = (change: (users: UserRepo["Service"]) => Partial<UserRepo["Service"]>) =>
    Testing.userRepoChecks({
      layer: Layer.effect(
        UserRepo,
        Effect.map(UserRepo, (users) => ({ ...users, ...change(users) })),
      ).pipe(Layer.provideMerge(MemoryRepo.layerUsers)),
      stored: inMemory,
    })

  const defects: ReadonlyArray<
    readonly [string, RegExp, (users: UserRepo["Service"]) => Partial<UserRepo["Service"]>]
  > = [
    [
      "takes whatever comes last",
      /the later updated_at wins/,
      (users) => ({
        upsert: (share) =>
          users.upsert({
            ...share,
            winners: share.winners.map((winner) => ({
              ...winner,
              fileId: 1e9,
              instant: { seconds: 1e11, micros: 0 },
            })),
          }),
      }),
    ],
    [
      "forgets extra",
      /extra is one value/,
      (users) => ({
        upsert: (share) =>
          users.upsert({
            ...share,
            winners: share.winners.map((winner) => ({ ...winner, user: { ...winner.user, extra: null } })),
          }),
      }),
    ],
    [
      "compares days",
      /of one day the later instant wins/,
      (users) => ({
        upsert: (share) =>
          users.upsert({
            ...share,
            winners: share.winners.map((winner) => ({ ...winner, instant: firstInstant(winner.user.updated_at) })),
          }),
      }),
    ],
    [
      "compares seconds",
      /to the microsecond/,
      (users) => ({
        upsert: (share) =>
          users.upsert({
            ...share,
            winners: share.winners.map((winner) => ({
              ...winner,
              instant: winner.instant && { ...winner.instant, micros: 0 },
            })),
          }),
      }),
    ],
    [
      "forgets places that are known",
      /places that are known/,
      (users) => ({ upsert: (share) => users.upsert({ ...share, places: new Map() }) }),
    ],
    [
      "counts everything as inserted",
      /written again are unchanged/,
      (users) => ({
        upsert: (share) =>
          Effect.as(users.upsert(share), { inserted: share.winners.length, updated: 0, unchanged: 0, stale: 0 }),
      }),
    ],
    ["writes no places", /a place goes to the users/, () => ({ place: () => Effect.void })],
    [
      "always replaces places",
      /a place goes to the users of its address that have none/,
      (users) => ({ place: (places) => users.place(places.map((place) => ({ ...place, replaces: true }))) }),
    ],
    [
      "never replaces places",
      /a place that replaces another/,
      (users) => ({ place: (places) => users.place(places.map((place) => ({ ...place, replaces: false }))) }),
    ],
    [
      "knows one file only",
      /of one instant the later file wins/,
      (users) => ({
        upsert: (share) =>
          users.upsert({ ...share, winners: share.winners.map((winner) => ({ ...winner, fileId: 1 })) }),
      }),
    ],
    [
      "drops the last user of a share",
      /new users are inserted/,
      (users) => ({ upsert: (share) => users.upsert({ ...share, winners: share.winners.slice(0, -1) }) }),
    ],
    [
      "cuts long texts",
      /as long as its column is wide/,
      (users) => ({
        upsert: (share) =>
          users.upsert({
            ...share,
            winners: share.winners.map((winner) => ({
              ...winner,
              user: { ...winner.user, password: winner.user.password?.slice(0, 400) ?? null },
            })),
          }),
      }),
    ],
    ["lists every address", /lists the addresses/, () => ({ unplaced: Stream.make(["9.9.9.9", "8.8.8.8"]) })],
    ["has no connection", /written at once/, () => ({ connections: 0 })],
  ]
  for (const [name, expected, change] of defects) catches(`catches one that ${name}`, wrong(change), expected)
})

const files = {
  "b.csv": "email\nb@example.com\n",
  "a.csv": "email\na@example.com\n".repeat(100),
  "\u{1f600}.csv": "email\n",
  "\ufb01.csv": "email\nc@example.com\n",
  "empty.csv": "",
}

/** Files in a folder, and its path. */
class Folder extends Context.Service<Folder, { readonly path: string }>()("test/Folder") {}

const folder = Layer.effect(
  Folder,
  Effect.map(temporaryDirectory, (path) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
    return { path }
  }),
)

const local = Layer.unwrap(Effect.map(Folder, ({ path }) => LocalSource.layer(path))).pipe(
  Layer.provideMerge(folder),
  Layer.provide(NodeServices.layer),
)

let prefixes = 0

/** The prefix that the files are under. */
class Prefix extends Context.Service<Prefix, { readonly name: string }>()("test/Prefix") {}

const prefix = Layer.effect(
  Prefix,
  Effect.gen(function* () {
    const server = yield* S3Server
    const name = `conformance-${prefixes++}/`
    for (const [key, content] of Object.entries(files)) yield* server.put(bucket, name + key, content)
    return { name }
  }),
)

const s3 = Layer.unwrap(
  Effect.gen(function* () {
    const { endpoint } = yield* S3Server
    return S3Source.layer({ bucket, prefix: (yield* Prefix).name, endpoint })
  }),
).pipe(Layer.provideMerge(prefix), Layer.provideMerge(withBucket))

describe("sourceChecks", () => {
  proves("memory", Testing.sourceChecks({ layer: Source.fromBytes(files), files }))
  proves("a fake", Testing.sourceChecks({ layer: Testing.layerSource(files), files }))
  proves(
    "a folder",
    Testing.sourceChecks({
      layer: local,
      files,
      change: Effect.map(Folder, ({ path }) => {
        writeFileSync(join(path, "a.csv"), "email\nchanged@example.com\n")
        return "a.csv"
      }),
    }),
  )
  proves(
    "S3",
    Testing.sourceChecks({
      layer: s3,
      files,
      change: Effect.gen(function* () {
        yield* (yield* S3Server).put(bucket, `${(yield* Prefix).name}a.csv`, "email\nchanged@example.com\n")
        return "a.csv"
      }),
    }),
  )

  const wrong = (change: (source: Source["Service"]) => Partial<Source["Service"]>) =>
    Testing.sourceChecks({
      layer: Layer.effect(
        Source,
        Effect.map(Source, (source) => ({ ...source, ...change(source) })),
      ).pipe(Layer.provide(Source.fromBytes(files))),
      files,
    })
  const missing = new SourceError({ operation: "list", uri: "memory:", message: "gone" })
  const defects: ReadonlyArray<readonly [string, RegExp, (source: Source["Service"]) => Partial<Source["Service"]>]> = [
    ["ignores the offset", /from any offset on/, (source) => ({ read: (file) => source.read(file, 0) })],
    [
      "lists in another order",
      /in name order/,
      (source) => ({
        files: Stream.unwrap(
          Effect.map(Stream.runCollect(source.files), (all) => Stream.fromIterable(all.toReversed())),
        ),
      }),
    ],
    ["leaves a file out", /lists its files/, (source) => ({ files: Stream.drop(source.files, 1) })],
    [
      "gives other sizes",
      /lists its files/,
      (source) => ({ files: Stream.map(source.files, (file) => ({ ...file, size: file.size + 1 })) }),
    ],
    ["finds every file changed", /finds a file unchanged/, () => ({ checkUnchanged: () => Effect.fail(missing) })],
    ["reads files that it does not have", /that it does not have/, () => ({ checkUnchanged: () => Effect.void })],
    [
      "reads once",
      /as often as asked/,
      (source) => {
        const had = new Set<string>()
        return {
          read: (file, from) => {
            if (had.has(file.uri)) return Stream.empty
            had.add(file.uri)
            return source.read(file, from)
          },
        }
      },
    ],
  ]
  for (const [name, expected, change] of defects) catches(`catches one that ${name}`, wrong(change), expected)

  it.live("catches a folder that splices two versions", () =>
    Effect.gen(function* () {
      const layer = Layer.effect(
        Source,
        Effect.map(Source, (source) => {
          const read: Source["Service"]["read"] = (file, from) =>
            source.read(file, from).pipe(Stream.catch(() => Stream.empty))
          return { ...source, read }
        }),
      ).pipe(Layer.provideMerge(local))
      const change = Effect.map(Folder, ({ path }) => {
        writeFileSync(join(path, "a.csv"), "email\n")
        return "a.csv"
      })
      assert.include(
        yield* failing(Testing.sourceChecks({ layer, files, change })),
        "fails for a file that has changed since it was listed",
      )
    }),
  )
})

const known = ["9.9.9.9", "2620:fe::fe"]
const unknown = ["8.8.8.8", "2001:4860:4860::8888"]

const mmdb = Layer.unwrap(
  Effect.map(temporaryDirectory, (path) => {
    const place = { latitude: 51.5, longitude: -0.1, city: "London" }
    writeFileSync(join(path, "4.mmdb"), makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["9.0.0.0/8", place]] }))
    writeFileSync(join(path, "6.mmdb"), makeMmdb({ ipVersion: 6, recordSize: 24, networks: [["2620:fe::/48", place]] }))
    return Mmdb.layer({ files: [join(path, "4.mmdb"), join(path, "6.mmdb")] })
  }),
).pipe(Layer.provide(NodeFileSystem.layer))

const ipApi = Layer.unwrap(Effect.map(fakeIpApi({ requests: 1_000 }), ({ url }) => IpApi.layer({ url }))).pipe(
  Layer.provide([Quota.layerMemory({ limit: 1_000 }), FetchHttpClient.layer]),
)

describe("geoLocatorChecks", () => {
  const fake = Testing.layerGeo({ "9.9.9.9": { city: "Nine" }, "2620:fe::fe": { city: "Nine" } })
  proves("a fake service", Testing.geoLocatorChecks({ layer: fake, known, unknown }))
  proves("local databases", Testing.geoLocatorChecks({ layer: mmdb, known, unknown }))
  proves(
    "local databases, then a service",
    Testing.geoLocatorChecks({ layer: GeoLocator.layerChain(mmdb, fake), known, unknown }),
  )
  // It has a place for every public address.
  proves("ip-api", Testing.geoLocatorChecks({ layer: ipApi, known: [...known, ...unknown], unknown: [] }))

  const here = Answer.located(Testing.place({ city: "Here" }))
  const instant = (answer: (addresses: ReadonlyArray<string>) => ReadonlyArray<readonly [string, Answer]>) =>
    Testing.geoLocatorChecks({
      layer: Layer.succeed(GeoLocator, {
        name: "wrong",
        instant: (addresses) =>
          Effect.sync(() => new Map(answer(addresses).map(([address, one]) => [ip(address), one]))),
        service: undefined,
      }),
      known,
      unknown,
    })
  const isKnown = (address: string) => known.includes(address)
  const right = (addresses: ReadonlyArray<string>) =>
    addresses.filter(isKnown).map((address) => [address, here] as const)
  let calls = 0
  const defects: ReadonlyArray<readonly [string, RegExp, ReadonlyArray<Testing.Check<unknown>>]> = [
    [
      "locates everything",
      /does not know/,
      instant((addresses) => addresses.map((address) => [address, here] as const)),
    ],
    ["answers for others", /for no others/, instant((addresses) => [...right(addresses), ["1.1.1.1", here]])],
    ["answers by position", /in any order/, instant((addresses) => right(addresses.slice(0, 2)))],
    [
      "answers once",
      /in any order, and again|several calls/,
      instant((addresses) => (calls++ % 2 === 0 ? right(addresses) : [])),
    ],
    [
      "has impossible places",
      /valid location/,
      instant((addresses) =>
        addresses
          .filter(isKnown)
          .map((address) => [address, { _tag: "Located", location: Testing.place({ latitude: 200 }) }] as const),
      ),
    ],
    [
      "has no bounds",
      /bounds/,
      Testing.geoLocatorChecks({
        layer: Layer.effect(
          GeoLocator,
          Effect.map(GeoLocator, (locator) => ({ ...locator, service: { ...locator.service!, concurrency: 0 } })),
        ).pipe(Layer.provide(fake)),
        known,
        unknown,
      }),
    ],
  ]
  for (const [name, expected, checks] of defects) catches(`catches one that ${name}`, checks, expected)
})
