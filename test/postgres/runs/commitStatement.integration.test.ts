import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, type Scope } from "effect"
import { plainFormat } from "../../../src/domain/Format.ts"
import { type Share, wholeFile } from "../../../src/domain/Lane.ts"
import type { RecordCounts } from "../../../src/domain/RunSummary.ts"
import type { Reject } from "../../../src/domain/Reject.ts"
import { noPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { UserRepo } from "../../../src/repo/UserRepo.ts"
import { ip } from "../../utils/addresses.ts"
import { placeOf } from "../../utils/ipApi.ts"
import { header, makeShares, makeUser, makeVersion, shareVersions, SmallVersion, start } from "../../utils/records.ts"
import { commit, newLoad, repos } from "../../utils/repos.ts"
import { tries } from "../../utils/tries.ts"
import { commitSteps, type Loss, watchedServer } from "../../utils/watchedServer.ts"

const users = ["a", "b", "a", "c"].map((name, index) =>
  makeUser({ email: `${name}@example.com`, first_name: ["Ada", "Bo", "Ada L.", "Cy"][index]! }),
)

const reject: Reject = {
  byteOffset: 45,
  line: 6,
  raw: header,
  length: header.length,
  reasons: [{ column: "email", message: "is missing" }],
}

/** Four records, of which the third is a version of the first and the last has a bad value, and a reject. */
const fullShare = (): Share => {
  const [share] = makeShares(users, users.length)
  const { records } = share!.users
  const last = { ...records.at(-1)!, blanked: [{ column: "created_at", message: "is no day", value: "x" }] }
  return { ...share!, users: RowSet.of([...records.slice(0, -1), last]), rejects: [reject] }
}

const expected: RecordCounts = {
  read: 5,
  inserted: 3,
  updated: 0,
  unchanged: 0,
  stale: 0,
  duplicate: 1,
  rejected: 1,
  blanked: 1,
}

/** The same records as a file that is one chunk. */
const whole = (): Share => {
  const { rejects, users } = fullShare()
  return wholeFile({ rows: users.rows, rejects, from: start, to: start, header, format: plainFormat, isLast: true })
}

/** A file that is not begun. */
const notBegun = Effect.gen(function* () {
  const runs = yield* RunRepo
  const request = { source: "whole", mapping: "m", force: false }
  const { runId } = yield* Effect.scoped(runs.begin(request))
  const [load] = yield* runs.register(runId, request, [{ uri: "/whole.csv", fingerprint: "1", size: 1 }])
  return { ...load!, ...load!.parts[0]! }
})

const kinds = [
  ["lanes", newLoad, fullShare],
  ["a whole file", notBegun, whole],
] as const

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return {
    users: yield* sql<{ email: string; first_name: string; updated: boolean }>`
      select email, first_name, updated from users order by email`,
    rejects: (yield* sql`select from etl_rejects`).length,
    badValues: (yield* sql`select from etl_bad_values`).length,
  }
})

const rows = {
  users: [
    { email: "a@example.com", first_name: "Ada L.", updated: true },
    { email: "b@example.com", first_name: "Bo", updated: false },
    { email: "c@example.com", first_name: "Cy", updated: false },
  ],
  rejects: 1,
  badValues: 1,
}

/** Runs a test with the repositories of a server that is watched. */
const withServer = <A, E>(
  test: (
    server: Effect.Success<typeof watchedServer>,
  ) => Effect.Effect<A, E, PgClient.PgClient | RunRepo | UserRepo | Scope.Scope>,
) =>
  Effect.gen(function* () {
    const server = yield* watchedServer
    return yield* Effect.provide(test(server), repos(server.client))
  }).pipe(Effect.scoped)

/** The counts of all that a run has committed. */
const totals = (runId: number) => Effect.flatMap(RunRepo, (runs) => runs.totals(runId))

/** Loses the first statement that contains the text. */
const loseOnce = (text: string, loss: Loss) => {
  let isLost = false
  return (sent: string) => {
    if (isLost || !sent.includes(text)) return undefined
    isLost = true
    return loss
  }
}

describe("a share for whose addresses no service is asked", () => {
  for (const [name, makeLoad, makeShare] of kinds) {
    it.live(`of ${name} is committed by one statement`, () =>
      withServer(({ texts }) =>
        Effect.gen(function* () {
          const load = yield* makeLoad
          texts.length = 0
          const outcome = yield* commit(load, makeShare())
          assert.deepStrictEqual(commitSteps(texts), ["one statement"])
          assert.deepStrictEqual(outcome, {
            counts: expected,
            refused: [],
            remembered: { located: 0, unlocatable: {} },
          })
          assert.deepStrictEqual(yield* stored, rows)
          assert.deepStrictEqual(yield* totals(load.runId), expected)
        }),
      ),
    )

    for (const loss of ["statement", "answer"] as const) {
      it.live(`of ${name} counts once, and as it is, where the ${loss} is lost`, () =>
        withServer(({ state }) =>
          Effect.gen(function* () {
            const load = yield* makeLoad
            state.lose = loseOnce("etl_require", loss)
            const { counts } = yield* commit(load, makeShare())
            assert.deepStrictEqual(counts, expected)
            assert.deepStrictEqual(yield* stored, rows)
            assert.deepStrictEqual(yield* totals(load.runId), expected)
          }),
        ),
      )
    }

    it.live(`of ${name} that another process has taken writes nothing, though its statement is lost`, () =>
      withServer(({ state }) =>
        Effect.gen(function* () {
          const runs = yield* RunRepo
          const sql = yield* PgClient.PgClient
          const load = yield* makeLoad
          state.lose = loseOnce("etl_require", "statement")
          yield* sql`update etl_checkpoints set byte_offset = 9999`
          yield* sql`update etl_files set fence = fence + 1`
          const error = yield* Effect.flip(commit(load, makeShare()))
          assert.strictEqual(error._tag, "FileTakenError")
          assert.deepStrictEqual((yield* stored).users, [])
          assert.deepInclude(yield* runs.totals(load.runId), { read: 0 })
        }),
      ),
    )
  }

  it.live.prop(
    "counts as it would have where any statements and answers are lost",
    {
      versions: Schema.Array(SmallVersion).check(Schema.isMinLength(1), Schema.isMaxLength(12)),
      size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
      losses: Schema.Array(Schema.Literals(["none", "statement", "answer"])).check(Schema.isMaxLength(6)),
    },
    Effect.fnUntraced(function* ({ losses, size, versions }) {
      // A server each: the second load of one looks all e-mails up.
      const load = (losses: ReadonlyArray<"none" | Loss>) =>
        withServer(({ state }) =>
          Effect.gen(function* () {
            const load = yield* newLoad
            let statements = 0
            state.lose = (sent) => {
              const loss = sent.includes("etl_require") ? losses[statements++] : undefined
              return loss === "none" ? undefined : loss
            }
            const outcomes = yield* Effect.forEach(shareVersions(versions.map(makeVersion), size), (share) =>
              commit(load, share),
            )
            return { outcomes, totals: yield* totals(load.runId), users: (yield* stored).users }
          }),
        )
      assert.deepStrictEqual(yield* load(losses), yield* load([]))
    }),
    { arbitrary: { runs: tries(5, 50) } },
  )

  it.live.each([
    ["", null, null],
    [", with places and extra", "192.0.2.1", '{"a":"1"}'],
  ] as const)("of new users and one that was sent is committed by one statement%s", ([, ip_address, extra]) =>
    withServer(({ texts }) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const load = yield* newLoad
        const names = Array.from("abcdefghijklmnopqrstuvwxyz")
        const [first, second] = makeShares(
          // The second share has the seventh user of the first.
          [...names.slice(0, 13), ...names.slice(13, 25), "g"].map((name, index) =>
            makeUser({ email: `${name}@example.com`, first_name: String(index), ip_address, extra }),
          ),
          13,
        )
        const places = { byAddress: new Map(ip_address === null ? [] : [[ip(ip_address), placeOf(ip_address)]]) }
        assert.deepInclude((yield* commit(load, first!, { places, queue: [] })).counts, { inserted: 13 })
        texts.length = 0
        assert.deepInclude((yield* commit(load, second!, { places, queue: [] })).counts, { inserted: 12, updated: 1 })
        assert.deepStrictEqual(commitSteps(texts), ["one statement"])
        const users = yield* sql`select first_name, updated, extra, latitude is not null as placed from users
          where email = 'g@example.com' or first_name = '24' order by email`
        const others = { extra: extra === null ? null : { a: "1" }, placed: ip_address !== null }
        assert.deepStrictEqual(users, [
          { first_name: "25", updated: true, ...others },
          { first_name: "24", updated: false, ...others },
        ])
      }),
    ),
  )

  it.live("is written whatever another program inserts after the table was found empty", () =>
    withServer(({ texts }) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const load = yield* newLoad
        const [first, second, third] = makeShares(
          ["a", "b", "c", "d", "e", "f"].map((name) => makeUser({ email: `${name}@example.com`, first_name: name })),
          2,
        )
        const insert = (name: string) =>
          sql`insert into users (email, first_name, updated, migrated_at, file_id, byte_offset)
            values (${`${name}@example.com`}, 'other', false, now(), 0, 0)`
        assert.deepInclude((yield* commit(load, first!)).counts, { inserted: 2 })
        yield* insert("d")
        yield* insert("e")
        texts.length = 0
        assert.deepInclude((yield* commit(load, second!)).counts, { inserted: 1, updated: 1 })
        assert.deepStrictEqual(commitSteps(texts), ["one statement", "BEGIN", "COMMIT"])
        texts.length = 0
        // None of these was sent: all are looked up from now on.
        assert.deepInclude((yield* commit(load, third!)).counts, { inserted: 1, updated: 1 })
        assert.deepStrictEqual(commitSteps(texts), ["one statement"])
        const names = (yield* stored).users.map(({ first_name }) => first_name)
        assert.deepStrictEqual(names, ["a", "b", "c", "d", "e", "f"])
      }),
    ),
  )

  it.live("is written in a transaction by a UserRepo of one's own, ours behind it included", () =>
    withServer(({ texts }) =>
      Effect.gen(function* () {
        const ours = yield* UserRepo
        const shares: Array<number> = []
        const own = UserRepo.of({
          ...ours,
          upsert: (share) => {
            shares.push(share.winners.length)
            return ours.upsert(share)
          },
        })
        const load = yield* newLoad
        texts.length = 0
        const { counts } = yield* Effect.provideService(commit(load, fullShare()), UserRepo, own)
        assert.deepStrictEqual(commitSteps(texts), ["BEGIN", "COMMIT"])
        assert.deepStrictEqual(shares, [3])
        assert.deepStrictEqual(counts, expected)
        assert.deepStrictEqual(yield* stored, rows)
      }),
    ),
  )

  const large = "x".repeat(600_000)
  it.live.each([
    ["has more rows than a statement may", [...Array(10_001).keys()], [], []],
    ["has rejects that are too large for one", [1], [45, 46, 47], []],
    ["has an address for a service", [1], [], [ip("8.8.8.8")]],
  ] as const)("is written in a transaction where it %s", ([, numbers, rejected, queue]) =>
    withServer(({ texts }) =>
      Effect.gen(function* () {
        const own = numbers.map((number) => makeUser({ email: `user${number}@example.com` }))
        const rejects = rejected.map((byteOffset): Reject => ({
          ...reject,
          byteOffset,
          raw: new TextEncoder().encode(large),
        }))
        const load = yield* newLoad
        texts.length = 0
        const share = { ...makeShares(own, own.length)[0]!, rejects }
        const { counts } = yield* commit(load, share, { places: noPlaces, queue })
        assert.deepStrictEqual(commitSteps(texts), ["BEGIN", "COMMIT"])
        assert.deepInclude(counts, { inserted: own.length, rejected: rejects.length })
        assert.strictEqual((yield* stored).users.length, own.length)
        assert.strictEqual((yield* stored).rejects, rejects.length)
      }),
    ),
  )

  it.live("is written in the caller's transaction, and goes with it", () =>
    withServer(() =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const load = yield* newLoad
        const committed = Effect.andThen(commit(load, fullShare()), Effect.fail("rolled back"))
        assert.strictEqual(yield* Effect.flip(sql.withTransaction(committed)), "rolled back")
        assert.deepStrictEqual(yield* stored, { users: [], rejects: 0, badValues: 0 })
        assert.deepStrictEqual((yield* commit(load, fullShare())).counts, expected)
      }),
    ),
  )
})

/** Ways in which PostgreSQL keeps Bo out of the table. */
const refusals = {
  "a constraint": "alter table users add check (first_name <> 'Bo')",
  "a deferred constraint": `
    create function refuse() returns trigger language plpgsql as $$
    begin
      if new.first_name = 'Bo' then raise exception 'no Bo' using errcode = '23514'; end if;
      return null;
    end $$;
    create constraint trigger refuse after insert on users deferrable initially deferred
      for each row execute function refuse()`,
  "a trigger that returns NULL": `
    create function refuse() returns trigger language plpgsql as $$
    begin
      return case when new.first_name = 'Bo' then null else new end;
    end $$;
    create trigger refuse before insert on users for each row execute function refuse()`,
}

describe("a share of which a record is refused", () => {
  for (const [name, makeLoad, makeShare] of kinds) {
    for (const [way, statements] of Object.entries(refusals)) {
      it.live(`by ${way}, of ${name}: that record is rejected, the others are written`, () =>
        withServer(({ texts }) =>
          Effect.gen(function* () {
            const sql = yield* PgClient.PgClient
            for (const statement of statements.split(/(?<=\$\$);/)) yield* sql.unsafe(statement)
            const load = yield* makeLoad
            texts.length = 0
            const { counts, refused } = yield* commit(load, makeShare())
            assert.deepStrictEqual(commitSteps(texts), ["one statement", "BEGIN", "COMMIT"])
            // Where records are halved, a version of a user may be written on top of another.
            const { duplicate, updated } = counts
            assert.deepStrictEqual(counts, { ...expected, inserted: 2, rejected: 2, duplicate, updated })
            assert.strictEqual(duplicate + updated, 1)
            assert.lengthOf(refused, 1)
            assert.deepStrictEqual(yield* stored, {
              ...rows,
              users: rows.users.filter(({ first_name }) => first_name !== "Bo"),
              rejects: 2,
            })
            assert.deepStrictEqual(yield* totals(load.runId), counts)
          }),
        ),
      )
    }
  }
})

describe("two processes that write the same users at once", () => {
  it.live("each account for all of theirs, and the last version stays", () =>
    withServer(({ client }) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const emails = Array.from({ length: 200 }, (_, index) => `user${index}@example.com`)
        const shareOf = (first_name: string) =>
          makeShares(
            emails.map((email) => makeUser({ email, first_name })),
            emails.length,
          )[0]!
        const other = yield* Layer.build(Layer.fresh(repos(client)))
        for (let round = 0; round < 10; round++) {
          yield* sql`truncate users`
          const [first, second] = [yield* newLoad, yield* newLoad]
          const outcomes = yield* Effect.all(
            [commit(first, shareOf("Ada")), Effect.provideContext(commit(second, shareOf("Bo")), other)],
            { concurrency: 2 },
          )
          for (const { counts } of outcomes) {
            assert.strictEqual(counts.inserted + counts.updated + counts.unchanged + counts.stale, emails.length)
          }
          assert.strictEqual(outcomes[0].counts.inserted + outcomes[1].counts.inserted, emails.length)
          const names = yield* sql`select distinct first_name, updated from users`
          assert.deepStrictEqual(names, [{ first_name: "Bo", updated: true }])
        }
      }),
    ),
  )
})

const settings = `select current_setting('enable_seqscan') as scan, current_setting('plan_cache_mode') as plans`

describe("the planner's settings of a writer", () => {
  it.live("hold for its statements, and for no other query, and go with its connection", () =>
    Effect.gen(function* () {
      const server = yield* watchedServer
      const pool = yield* Layer.build(server.client)
      const ask = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        // All connections that are free.
        const connections = yield* Effect.forEach([1, 2, 3, 4], () => sql.reserve)
        return yield* Effect.forEach(connections, (connection) => connection.execute(settings, [], undefined))
      }).pipe(Effect.scoped)
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const connections = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => sql.reserve)
        // A program's own setting.
        yield* Effect.forEach(connections, (connection) =>
          connection.execute("set plan_cache_mode = 'force_custom_plan'", [], undefined),
        )
      }).pipe(Effect.scoped, Effect.provideContext(pool))
      const plain = yield* Effect.provideContext(ask, pool)
      assert.deepStrictEqual(plain[0], [{ scan: "on", plans: "force_custom_plan" }])
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql`create table seen (scan text, plans text)`
        yield* sql.unsafe(`create function see() returns trigger language plpgsql as $$
          begin insert into seen ${settings}; return null; end $$`)
        yield* sql`create trigger see after insert on users for each statement execute function see()`
        yield* commit(yield* newLoad, fullShare())
        assert.deepStrictEqual(yield* sql`select * from seen`, [{ scan: "off", plans: "force_generic_plan" }])
        assert.deepStrictEqual(yield* ask, plain)
      }).pipe(Effect.provide(repos(Layer.succeedContext(pool))), Effect.scoped)
      const all = yield* Effect.provideContext(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const connections = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => sql.reserve)
          return yield* Effect.forEach(connections, (connection) => connection.execute(settings, [], undefined))
        }).pipe(Effect.scoped),
        pool,
      )
      assert.deepStrictEqual(
        all,
        Array.from({ length: 6 }, () => plain[0]!),
      )
    }).pipe(Effect.scoped),
  )

  it.live("are set again where the connection is lost", () =>
    withServer(({ state, texts }) =>
      Effect.gen(function* () {
        const shares = makeShares(users, 1)
        const load = yield* newLoad
        yield* commit(load, shares[0]!)
        state.lose = loseOnce("etl_require", "statement")
        texts.length = 0
        yield* commit(load, shares[1]!)
        assert.strictEqual(texts.filter((text) => text.includes("as kept (name, value)")).length, 1)
        assert.deepStrictEqual(commitSteps(texts), ["one statement", "one statement"])
      }),
    ),
  )
})
