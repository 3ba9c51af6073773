import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { ColumnMapping } from "../../src/domain/ColumnMapping.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../src/Pipeline.ts"
import * as PgUserRepo from "../../src/repo/PgUserRepo.ts"
import * as Testing from "../../src/testing.ts"
import { native } from "../utils/repos.ts"

const mapping: ColumnMapping = new Map([["email", "email"]])
const options = { ...Pipeline.defaults, mapping, chunkSize: 2, maxRejects: { _tag: "Records", records: 1 } as const }

/** Two chunks are read of it before it has more rejects than may be. */
const lines = ["email", "a@example.com", "nobody", "b@example.com", "nobody", "c@example.com"]
const source = Testing.source({ "1.csv": lines.map((line) => `${line}\n`).join("") })

/** The tables as the fifth migration left them: a file has one checkpoint, and its counts. */
const undoLanes = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`alter table etl_files add column byte_offset bigint not null default 0, add column line bigint not null default 1`
  yield* sql`
    update etl_files f set byte_offset = c.byte_offset, line = c.line, read = c.read, inserted = c.inserted, rejected = c.rejected
    from (
      select file_id, min(byte_offset) as byte_offset, min(line) as line, sum(read) as read, sum(inserted) as inserted,
        sum(rejected) as rejected
      from etl_checkpoints group by file_id
    ) c
    where f.id = c.file_id`
  yield* sql`drop table etl_checkpoints`
  yield* sql`alter table etl_files drop column max_record_size`
  yield* sql`delete from etl_migrations where migration_id = 6`
})

it.live("a load that an earlier version began goes on where it stood, with what it counted", () =>
  Effect.gen(function* () {
    const stopped = yield* Pipeline.run(options)
    assert.deepInclude(stopped.totals, { read: 4, inserted: 2, rejected: 2 })
    yield* undoLanes
    const finished = yield* Pipeline.run({ ...options, maxRejects: { _tag: "Records", records: 2 } })
    assert.deepInclude(finished.files[0]!.counts, { read: 5, inserted: 3, rejected: 2 })
    assert.deepStrictEqual([finished.runId, finished.attempt], [stopped.runId, 2])
    const sql = yield* PgClient.PgClient
    assert.deepStrictEqual(yield* sql`select email from users order by email`, [
      { email: "a@example.com" },
      { email: "b@example.com" },
      { email: "c@example.com" },
    ])
    assert.deepStrictEqual(yield* sql`select from etl_checkpoints`, [])
  }).pipe(
    Effect.provide(Layer.mergeAll(source, GeoLocator.none, PgUserRepo.layer.pipe(Layer.provideMerge(native)))),
    Effect.scoped,
  ),
)
