import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { etl } from "../utils/etl.ts"
import { clientLayer, environment, freshDatabase, sharedPostgres, temporaryDirectory } from "../utils/postgres.ts"
import { makeInput } from "./input.ts"
import { differences, expectedTables, foundTables, tablesQuery, type Version } from "./judge.ts"

const version = (email: string, updated_at: string | null, first_name: string | null = null): Version => ({
  email,
  source_id: "1",
  first_name,
  last_name: null,
  gender: null,
  ip_address: "8.8.8.8",
  created_at: null,
  updated_at,
  password: null,
  status: true,
  extra: null,
})

describe("the judge", () => {
  it("keeps the latest version of a user, the last of equal ones, and knows who was ever told differently", () => {
    const contents = [
      [version("a", "2024-01-02", "A1"), version("b", null, "B1"), version("c", null), Buffer.from("bad")],
      [version("a", "2024-01-01", "A2"), version("b", null, "B2"), version("c", null)],
      [version("d", "2024-01-01", "D1"), version("d", null, "D2"), version("d", "2024-01-01", "D3")],
      [version("e", "2024-01-01", "E1"), version("e", "2024-01-01", "E2")],
    ]
    const written = new Map([[contents[3]![0]!, Date.UTC(2024, 0, 1, 9)]])
    const files = contents.map((contents, file) => ({
      uri: `/${file}`,
      records: contents.map((content, index) => {
        return { line: index + 2, byteOffset: index * 10, content, instant: written.get(content) }
      }),
    }))
    const { users, rejects, badValues, inserted } = expectedTables(files, () => null)
    assert.deepStrictEqual(
      users.map(({ email, first_name, updated }) => [email, first_name, updated]),
      [
        ["a", "A1", true],
        ["b", "B2", true],
        ["c", null, false],
        ["d", "D3", true],
        ["e", "E1", true],
      ],
    )
    assert.deepStrictEqual(rejects, [{ uri: "/0", line: 5, byte_offset: 30, raw: "626164" }])
    assert.deepStrictEqual(badValues, [])
    assert.strictEqual(inserted, 5)
  })

  it.live("finds the tables of a load right, and every change of them wrong", () =>
    Effect.gen(function* () {
      const server = yield* sharedPostgres
      const name = yield* freshDatabase
      const folder = realpathSync(yield* temporaryDirectory)
      const source = join(folder, "source")
      mkdirSync(source)
      const { files, flags, mapping } = makeInput(7)
      writeFileSync(join(folder, "mapping.json"), mapping)
      for (const { name, bytes } of files) writeFileSync(join(source, name), bytes)
      const run = yield* etl(
        ["--source", source, "--mapping", join(folder, "mapping.json"), "--geo", "none", ...flags],
        environment(server, name),
      )
      assert.strictEqual(run.code, 3, run.stderr)
      const expected = expectedTables(
        files.map(({ name, records }) => ({ uri: join(source, name), records })),
        () => null,
      )
      assert.isAbove(expected.rejects.length, 20)
      assert.isAbove(expected.badValues.length, 20)
      assert.sameMembers([...new Set(expected.users.map(({ updated }) => updated))], [true, false])

      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const found = Effect.map(sql.unsafe<{ json: string }>(tablesQuery), (rows) => foundTables(rows[0]!.json))
        assert.deepStrictEqual(yield* found, expected)
        for (const change of [
          "update users set updated = not updated where id = 1",
          "update users set updated_at = coalesce(updated_at, '2020-01-01') + 1 where id = 1",
          "update users set updated_instant = updated_instant + interval '1 ms'",
          "update users set created_at = null where created_at is not null",
          "update users set first_name = first_name || ' ' where first_name is not null",
          "update users set latitude = 1 where id = 1",
          `update users set extra = extra || '{"x": ""}' where extra is not null`,
          "delete from users where id = 1",
          "insert into users (email, updated, migrated_at, file_id, byte_offset) values ('x', false, now(), 1, 1)",
          "delete from etl_rejects where byte_offset = (select min(byte_offset) from etl_rejects)",
          "update etl_rejects set raw = raw || '\\x00'::bytea",
          "update etl_rejects set line = line + 1",
          "delete from etl_bad_values where byte_offset = (select min(byte_offset) from etl_bad_values)",
          "update etl_bad_values set line = line + 1",
          'update etl_bad_values set "column" = "column" || \'x\'',
          "update etl_files set blanked = blanked + 1",
          "update etl_files set inserted = inserted + 1",
          "update etl_files set read = read + 1, stale = stale + 1",
          "update etl_files set loaded_at = null where id = 2",
          "update etl_files set uri = uri || 'x' where id = 2",
        ]) {
          const changed = yield* sql.unsafe(change).pipe(
            Effect.andThen(found),
            Effect.flatMap((tables) => Effect.fail(tables)),
            sql.withTransaction,
            Effect.flip,
          )
          assert("users" in changed, `${change}: ${changed}`)
          assert.notDeepEqual(changed, expected, change)
          assert.isNotEmpty(differences(expected, changed), change)
        }
        assert.deepStrictEqual(yield* found, expected)
      }).pipe(Effect.provide(clientLayer(server, name)))
    }),
  )
})
