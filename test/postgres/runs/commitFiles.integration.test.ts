import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { plainFormat } from "../../../src/domain/Format.ts"
import { noPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import { Locks } from "../../../src/postgres/locks.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { UserRepo } from "../../../src/repo/UserRepo.ts"
import { header, makeUser } from "../../utils/records.ts"
import { embedded, native, repos } from "../../utils/repos.ts"

const request = { source: "small", mapping: "m", force: false }

/** Three registered files, and how small files are loaded. */
const makeFiles = Effect.gen(function* () {
  const runs = yield* RunRepo
  const small = runs.smallFiles!((yield* UserRepo).upsert)!
  const { runId } = yield* runs.begin(request)
  const listed = [1, 2, 3].map((number) => ({ uri: `/${number}.csv`, fingerprint: "1", size: 1 }))
  const loads = yield* runs.register(runId, request, listed)
  return { runs, small, runId, loads, takeFree: small.takeFree(runId, request, loads) }
})

/** A user of each file. */
const usersOf = (files: ReadonlyArray<{ readonly fileId: number }>): RowSet =>
  RowSet.of(
    files.map(({ fileId }) => ({
      user: makeUser({ email: `user${fileId}@example.com` }),
      instant: null,
      fileId,
      byteOffset: 0,
      line: 2,
      raw: header,
    })),
  )

const wholeOf = <Load extends object>(loads: ReadonlyArray<Load>) =>
  loads.map((load) => ({ ...load, header, format: plainFormat, rejects: [] }))

const noLocations = { places: noPlaces, queue: [] }

const loaded = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql<{ users: number; files: number }>`
    select (select count(*)::integer from users) as users,
      (select count(*)::integer from etl_files where loaded_at is not null) as files`
  return row!
})

for (const [name, repositories] of [
  ["a server", repos(native)],
  ["the embedded database", repos(embedded)],
] as const) {
  it.live(`files of which ${name} has given one to another process are not committed`, () =>
    Effect.gen(function* () {
      const { loads, runId, runs, small, takeFree } = yield* makeFiles
      const taken = yield* takeFree
      assert.deepStrictEqual(
        taken.map(({ fileId }) => fileId),
        loads.map(({ fileId }) => fileId),
      )
      const other = yield* runs.take(runId, request, loads[1]!)
      const commit = small.commit(wholeOf(taken), usersOf(taken), noLocations)
      assert.deepStrictEqual(yield* commit, Option.none())
      assert.deepStrictEqual(yield* loaded, { users: 0, files: 0 })
      const current = taken.with(1, other)
      const outcome = yield* small.commit(wholeOf(current), usersOf(taken), noLocations)
      assert.deepStrictEqual(
        Option.map(outcome, ({ counts }) => counts.map(({ inserted }) => inserted)),
        Option.some([1, 1, 1]),
      )
      assert.deepStrictEqual(yield* loaded, { users: 3, files: 3 })
      // Once loaded, they are nobody's to commit.
      const again = yield* small.commit(wholeOf(taken), usersOf(taken), noLocations)
      assert.deepStrictEqual(again, Option.none())
      assert.deepStrictEqual(yield* takeFree, [])
    }).pipe(Effect.scoped, Effect.provide(repositories), Effect.scoped),
  )
}

it.live("locks that are free are taken at once, those of others are left, and all are given back", () =>
  Effect.gen(function* () {
    const locks = yield* Locks
    const others = Effect.provide(
      Effect.flatMap(Locks, (other) => Effect.scoped(other.takeFree(["a", "b", "c"]))),
      Layer.fresh(Locks.layer),
    )
    yield* locks.take("b")
    yield* Effect.gen(function* () {
      assert.deepStrictEqual((yield* locks.takeFree(["a", "b"])).toSorted(), ["a"])
      assert.deepStrictEqual((yield* others).toSorted(), ["c"])
    }).pipe(Effect.scoped)
    assert.deepStrictEqual((yield* others).toSorted(), ["a", "c"])
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(Locks.layer, native)), Effect.scoped),
)
