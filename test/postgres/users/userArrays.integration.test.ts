import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { noPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import * as PgServer from "../../../src/database/PgServer.ts"
import type { User } from "../../../src/domain/User.ts"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import type { UserRecord } from "../../../src/domain/UserRecord.ts"
import { arraysOfBytes } from "../../../src/postgres/users/arraysOfBytes.ts"
import { arraysOfValues } from "../../../src/postgres/users/arraysOfValues.ts"
import { arraysOfClient } from "../../../src/postgres/users/userArrays.ts"
import { UserRepo } from "../../../src/repo/UserRepo.ts"
import { userShare } from "../../../src/repo/userShare.ts"
import { between } from "../../csv/drawnFormats.ts"
import { freshDatabase, sharedPostgres } from "../../utils/postgres.ts"
import { clear, embedded, native, repos } from "../../utils/repos.ts"
import { makeUser } from "../../utils/records.ts"
import { tries } from "../../utils/tries.ts"

/** What PostgreSQL can store: no NUL, no half of a surrogate pair. */
const Text = Schema.NullOr(
  Schema.String.check(
    Schema.isMaxLength(60),
    Schema.makeFilter((text) => text.isWellFormed() && !text.includes("\0")),
  ),
)
const Day = Schema.NullOr(Schema.Literals(["0001-01-02", "1969-12-31", "1999-12-31", "2000-01-01", "9999-12-31"]))
const Instant = Schema.Struct({
  seconds: Schema.Union([between(-62_135_596_740, 253_402_387_199), between(-2, 2), between(946_684_798, 946_684_802)]),
  micros: Schema.Union([between(0, 999_999), Schema.Literals([0, 1, 999_999])]),
})

const DrawnUsers = Schema.Array(
  Schema.Struct({
    texts: Schema.Struct({ first_name: Text, last_name: Text, gender: Text, source_id: Text, password: Text }),
    ip_address: Schema.NullOr(Schema.Literals(["8.8.8.8", "2001:db8::1"])),
    created_at: Day,
    updated_at: Day,
    status: Schema.NullOr(Schema.Boolean),
    extra: Schema.NullOr(Schema.Literals(['{"a":"Ä"}'])),
    instant: Schema.NullOr(Instant),
    fileId: between(0, 2 ** 31 - 1),
    byteOffset: Schema.Union([between(0, Number.MAX_SAFE_INTEGER), between(2 ** 32 - 2, 2 ** 32 + 2)]),
    isTwice: Schema.Boolean,
  }),
).check(Schema.isMinLength(1), Schema.isMaxLength(40))

/** Some e-mails have two records, which differ. */
const recordsOf = (drawn: typeof DrawnUsers.Type): ReadonlyArray<UserRecord> =>
  drawn.flatMap(({ byteOffset, fileId, instant, isTwice, texts, ...fields }, index) => {
    const user: User = makeUser({ ...texts, ...fields, email: `${String(index).padStart(3, "0")}@example.com` })
    const record = { user, instant, fileId, byteOffset, line: 2, raw: new Uint8Array() }
    return isTwice ? [{ ...record, user: { ...user, status: user.status !== true } }, record] : [record]
  })

const stored = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  return yield* sql<object>`
    select source_id, first_name, last_name, email, gender, ip_address, created_at::text, updated_at::text, password,
      status, extra ->> 'a' as extra, file_id, byte_offset::text, updated,
      ((extract(epoch from date_trunc('second', updated_instant))::bigint)::numeric * 1000000
        + (extract(microseconds from updated_instant))::integer % 1000000)::text as micros
    from users order by email`
})

const expected = (records: ReadonlyArray<UserRecord>) =>
  RowSet.of(records).winners.map(({ byteOffset, differs, fileId, instant, user }) =>
    Object.assign({}, user, {
      extra: user.extra === null ? null : "Ä",
      file_id: fileId,
      byte_offset: String(byteOffset),
      updated: differs === true,
      micros: instant && String(BigInt(instant.seconds) * 1_000_000n + BigInt(instant.micros)),
    }),
  )

const server = Layer.unwrap(
  Effect.gen(function* () {
    const { host, password, port, username } = yield* sharedPostgres
    const database = yield* freshDatabase
    return PgServer.layer({ host, port, username, password: Redacted.make(password), database, sslmode: "disable" })
  }),
)

const clients = [
  ["PgServer", server, arraysOfBytes],
  ["PgEmbedded", embedded, arraysOfBytes],
  ["a program's own client", native, arraysOfValues],
] as const

for (const [name, database, arrays] of clients) {
  layer(repos(database), { timeout: "60 seconds" })(`the users that ${name} stores`, (it) => {
    it.effect("are sent in its arrays", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* arraysOfClient, arrays)
      }),
    )

    it.effect.prop(
      "are those of the share, by column and as objects",
      { drawn: DrawnUsers, isByColumn: Schema.Boolean },
      ({ drawn, isByColumn }) =>
        Effect.gen(function* () {
          yield* clear
          const records = recordsOf(drawn)
          const share = userShare({ users: RowSet.of(records) }, { places: noPlaces, isAhead: false })
          const { upsert } = yield* UserRepo
          yield* upsert(isByColumn ? share : { ...share })
          assert.deepStrictEqual(yield* stored, expected(records))
        }),
      { arbitrary: { runs: tries(25, 300) } },
    )
  })
}
