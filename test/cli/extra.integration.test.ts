import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"

const mapping =
  '{ "Mail": "email", "When": "updated_at", "Phone": { "column": "extra.phone", "null": ["-"] }, "*": "extra" }'

/** A database, and what loads a file into it under that mapping. */
const makeLoader = Effect.gen(function* () {
  const { env, query } = yield* makeDatabase
  const load = Effect.fnUntraced(function* (content: string, flags: ReadonlyArray<string> = [], said = mapping) {
    const source = yield* directoryOf({ "users.csv": content, "mapping.json": said })
    const files = ["--source", join(source, "users.csv"), "--mapping", join(source, "mapping.json")]
    return yield* etl([...files, "--geo", "none", "--max-rejects", "100%", ...flags], env)
  })
  return { env, load, query }
})

const header = "Mail,When,Tags,Phone,,Tags"

describe("extra, from a file to the table", () => {
  it.live("keeps fields under their names, and replaces them whole", () =>
    Effect.gen(function* () {
      const { load, query } = yield* makeLoader
      const first = yield* load(
        [
          header,
          'a@example.com,2024-01-01,"x, ""y""",030 1,,z',
          "b@example.com,2024-01-01,,-,NULL,",
          "b@example.com,2024-01-01,,-,other,",
          "c@example.com,2024-01-02,new,,,",
        ].join("\n"),
        ["--null", "NULL"],
      )
      assert.strictEqual(first.code, 0, first.stderr)
      assert.notInclude(first.stderr, "not loaded")
      assert.deepStrictEqual(
        yield* query(
          "select extra->>'Tags' as tags, extra->>'Tags (2)' as more, extra->>'phone' as phone, updated from users order by email",
        ),
        [
          { tags: 'x, "y"', more: "z", phone: "030 1", updated: false },
          { tags: null, more: null, phone: null, updated: true },
          { tags: "new", more: null, phone: null, updated: false },
        ],
      )
      assert.deepStrictEqual(yield* query("select extra->>'column 5' as five from users where email like 'b%'"), [
        { five: "other" },
      ])

      const second = yield* load(
        [header, "a@example.com,2024-01-02,,,,only", "c@example.com,2024-01-01,old,,,", "d@example.com,,,,,"].join(
          "\n",
        ),
      )
      assert.strictEqual(second.code, 0, second.stderr)
      assert.deepStrictEqual(
        yield* query("select email, extra, updated from users where email not like 'b%' order by email"),
        [
          { email: "a@example.com", extra: { "Tags (2)": "only" }, updated: true },
          { email: "c@example.com", extra: { Tags: "new" }, updated: true },
          { email: "d@example.com", extra: null, updated: false },
        ],
      )

      const without = yield* load(
        "Mail,When,Firma\na@example.com,2024-01-03,ACME\n",
        [],
        '{ "Mail": "email", "When": "updated_at" }',
      )
      assert.strictEqual(without.code, 0, without.stderr)
      assert.include(without.stderr, "users.csv: not loaded: Firma\n")
      assert.deepStrictEqual(yield* query("select extra from users where email like 'a%'"), [{ extra: null }])
    }).pipe(Effect.scoped),
  )

  it.live("rejects a record with too much of it, by its sizes, or is null in it", () =>
    Effect.gen(function* () {
      const { load, query } = yield* makeLoader
      const rows = [
        `a@example.com,,${"é".repeat(33_000)},s3cret,,`,
        "b@example.com,,s3cret\0,1,,",
        "c@example.com,,,1,,",
      ]
      const { code, stderr, stdout } = yield* load([header, ...rows].join("\n"))
      assert.strictEqual(code, 3, stderr)
      assert.deepStrictEqual(yield* query("select reasons->0 as reason from etl_rejects order by line"), [
        {
          reason: {
            column: "extra",
            message: "is longer than 65,536 bytes of JSON",
            detail: '66,028 bytes, 66,009 of them for "Tags"',
          },
        },
        {
          reason: {
            column: "extra",
            message: "contains a NUL character, which PostgreSQL cannot store",
            detail: 'in "Tags"',
          },
        },
      ])
      assert.notInclude(stdout + stderr, "s3cret")
      assert.notInclude(stderr, "Tags")
      const again = yield* load([header, ...rows].join("\n"), ["--on-bad-value", "null", "--force"])
      assert.strictEqual(again.code, 0, again.stderr)
      assert.deepStrictEqual(yield* query("select email, extra from users order by email"), [
        { email: "a@example.com", extra: null },
        { email: "b@example.com", extra: null },
        { email: "c@example.com", extra: { phone: "1" } },
      ])
      assert.deepStrictEqual(yield* query(`select "column", message, value from etl_bad_values order by line`), [
        { column: "extra", message: "is longer than 65,536 bytes of JSON", value: null },
        { column: "extra", message: "contains a NUL character, which PostgreSQL cannot store", value: null },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("the fields that nothing keeps are named once a file, but not of a file that a link leads to", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const other = yield* directoryOf({ "secret.csv": "Mail,Geheim\nb@example.com,x\n" })
      const source = yield* directoryOf({ "1.csv": `Mail,Firma,Telefon\n${"a@example.com,x,y\n".repeat(3_000)}` })
      symlinkSync(join(other, "secret.csv"), join(source, "2.csv"))
      const mapping = join(other, "mapping.json")
      writeFileSync(mapping, '{ "Mail": "email" }')
      const flags = ["--source", source, "--mapping", mapping]
      const { code, stderr } = yield* etl([...flags, "--geo", "none", "--chunksize", "100"], env)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stderr.split("1.csv: not loaded: Firma, Telefon\n").length, 2, stderr)
      assert.notInclude(stderr, "Geheim")
      const check = yield* etl(["check", ...flags], env)
      assert.include(check.stdout + check.stderr, "1.csv: not loaded: Firma, Telefon\n")
      assert.notInclude(check.stdout + check.stderr, "Geheim")
    }).pipe(Effect.scoped),
  )
})
