import { randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const names = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"

const plain = {
  first_name: "Ada",
  last_name: "Byron",
  gender: "Female",
  ip_address: "81.2.69.142",
  created_at: "2023-01-05",
  updated_at: "2024-02-06",
  password: "h",
  status: "true",
}

/** A record of `user1@example.com`, and so on. */
const row = (id: number, fields: Partial<typeof plain> = {}, email = `user${id}@example.com`) => {
  const { first_name, last_name, gender, ip_address, created_at, updated_at, password, status } = {
    ...plain,
    ...fields,
  }
  const texts = [String(id), first_name, last_name, email, gender, ip_address, created_at, updated_at, password, status]
  return texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")
}

const csv = (...rows: ReadonlyArray<string>) => `${[names, ...rows].join("\n")}\n`

interface Row {
  readonly id: string
  readonly [column: string]: unknown
}

/** A database, and what loads files into it and reads what is stored. */
const makeLoader = Effect.gen(function* () {
  const { env, query } = yield* makeDatabase
  const load = Effect.fnUntraced(function* (content: string, flags: ReadonlyArray<string> = []) {
    const source = yield* directoryOf({ "users.csv": content })
    const outcome = yield* etl(["--source", source, "--geo", "none", "--max-rejects", "100%", ...flags], env)
    const users = yield* query<Row>(
      `select source_id as id, first_name, last_name, email, gender, ip_address, created_at::text, updated_at::text,
        password, status from users order by source_id::integer`,
    )
    const rejects = yield* query<{ line: number; reason: string }>(
      `select r.line::integer, concat(reason ->> 'column', ' ', reason ->> 'message') as reason
      from etl_rejects r, jsonb_array_elements(reasons) reason order by r.file_id, r.byte_offset`,
    )
    const column = (name: string) => Object.fromEntries(users.map((user) => [user.id, user[name]]))
    return { ...outcome, column, rejected: rejects.map(({ line, reason }) => `${line}: ${reason}`), source, users }
  })
  return { env, load, query }
})

/** Loads one file into a database of its own. */
const loadAlone = Effect.fnUntraced(function* (content: string, flags: ReadonlyArray<string> = []) {
  const { load } = yield* makeLoader
  return yield* load(content, flags)
})

/** The flags that name a mapping in which the column is read as said, others by their names. */
const mapped = Effect.fnUntraced(function* (column: string, said: object) {
  const directory = yield* temporaryDirectory
  const path = join(directory, "mapping.json")
  const columns = names.split(",").map((name) => [name, name === "id" ? "source_id" : name])
  writeFileSync(path, JSON.stringify({ ...Object.fromEntries(columns), [column]: { column, ...said } }))
  return ["--mapping", path]
})

/** How people write moments; by the day that each is. */
const moments: Readonly<Record<string, ReadonlyArray<string>>> = {
  "2023-01-05": ["1/5/2023 10:30", "1/5/2023 10:30:15 AM"],
  "2024-01-05": ["2024-1-5"],
  "2024-12-24": ["2024-W52-2"],
  "2024-12-31": [
    "2024/12/31",
    "31.12.2024",
    "Dec 31, 2024",
    "31-Dec-2024",
    "2024-12-31 10:11:12 UTC",
    "2024-12-31 10:11:12.123456 UTC",
    "2024-12-31 10:11:12 +0000",
    "2024-12-31 10:11:12.5+00",
    "20241231",
    "20241231T101112Z",
    "2024-12-31T10:11Z",
    "Tue, 31 Dec 2024 10:11:12 +0000",
    "Tue Dec 31 2024 10:11:12 GMT+0000 (UTC)",
    "2024-12-31 10:11:12 +0000 UTC",
    "2024-12-31T10:11:12+01:00[Europe/Berlin]",
    "'2024-12-31",
    "2024-12-31T24:00:00Z",
    "2024/12/31 10:11:12",
    "31 Dec 2024",
    "2024-12-31\u00a010:11:12",
  ],
}
const none = ["0000-00-00"]
const unread = ["1/5/23", "1735603200", "1735603200000", "45657", "infinity"]

describe("values that people have", () => {
  it.live("day-first dates are refused before anything is written, and right by the format that is named", () =>
    Effect.gen(function* () {
      const { load, query } = yield* makeLoader
      const content = csv(
        row(1, { first_name: "Old", created_at: "05/01/2023", updated_at: "02/12/2023" }, "same@example.com"),
        row(2, { first_name: "New", created_at: "05/01/2023", updated_at: "03/11/2023" }, "same@example.com"),
        row(3, { created_at: "31/12/2022", updated_at: "04/05/2023" }),
        row(4, { created_at: "01/02/2023", updated_at: "04/05/2023" }),
      )
      const refused = yield* load(content)
      assert.strictEqual(refused.code, 5)
      assert.include(
        refused.stderr,
        "created_at has days before months (lines 4 and 2), updated_at has dates that could be",
      )
      assert.include(refused.stderr, '"created_at": {"column": "created_at", "format": "DD/MM/YYYY"}, or "MM/DD/YYYY".')
      assert.include(refused.stdout, 'created_at on line 4 is "31/12/2022".')
      // Values are for the terminal.
      assert.notInclude(refused.logText, "31/12/2022")
      assert.deepStrictEqual([refused.users, refused.rejected], [[], []])
      const directory = yield* temporaryDirectory
      const path = join(directory, "mapping.json")
      const columns = Object.fromEntries(names.split(",").map((name) => [name, name === "id" ? "source_id" : name]))
      const format = "DD/MM/YYYY"
      const dates = { created_at: { column: "created_at", format }, updated_at: { column: "updated_at", format } }
      writeFileSync(path, JSON.stringify({ ...columns, ...dates }))
      const loaded = yield* load(content, ["--mapping", path])
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      // Of two versions the one of December.
      assert.deepStrictEqual(
        loaded.users.map(({ id, created_at, updated_at }) => [id, created_at, updated_at]),
        [
          ["1", "2023-01-05", "2023-12-02"],
          ["3", "2022-12-31", "2023-05-04"],
          ["4", "2023-02-01", "2023-05-04"],
        ],
      )
      assert.deepStrictEqual(yield* query("select first_name from users where email = 'same@example.com'"), [
        { first_name: "Old" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("thirty ways to write a moment: refused for one of two meanings, read by its format but for five", () =>
    Effect.gen(function* () {
      const texts = [...Object.values(moments).flat(), ...none, ...unread]
      const content = csv(...texts.map((updated_at, index) => row(index + 1, { updated_at })))
      const refused = yield* loadAlone(content)
      assert.strictEqual(refused.code, 5)
      assert.include(refused.stderr, "updated_at has dates that could be month/day or day/month (lines 2 and 3).")
      const { code, rejected, users } = yield* loadAlone(content, yield* mapped("updated_at", { format: "M/D/YYYY" }))
      assert.strictEqual(code, 3)
      const expected = Object.entries(moments).flatMap(([day, ways]) => ways.map((way) => [way, day]))
      assert.deepStrictEqual<unknown>(
        users.map((user) => [texts[Number(user.id) - 1], user["updated_at"]]),
        [...expected, ...none.map((text) => [text, null])],
      )
      assert.lengthOf(rejected, unread.length)
    }).pipe(Effect.scoped),
  )

  it.live("null words are null in columns that are no text; in the others kept, reported, and null by --null", () =>
    Effect.gen(function* () {
      const content = csv(
        row(1, { first_name: "NULL", last_name: "NULL", gender: "NULL", password: "NULL" }),
        row(2, { first_name: "N/A", last_name: "nan", gender: "None", ip_address: "NULL", created_at: "NaT" }),
        row(3, { last_name: "Null", ip_address: "-", updated_at: "0000-00-00 00:00:00", status: "NULL" }),
      )
      const kept = yield* loadAlone(content)
      assert.strictEqual(kept.code, 0)
      assert.deepStrictEqual(kept.column("first_name"), { 1: "NULL", 2: "N/A", 3: "Ada" })
      assert.deepStrictEqual(kept.column("ip_address"), { 1: "81.2.69.142", 2: null, 3: null })
      assert.deepStrictEqual(kept.column("created_at"), { 1: "2023-01-05", 2: null, 3: "2023-01-05" })
      assert.deepStrictEqual(kept.column("updated_at"), { 1: "2024-02-06", 2: "2024-02-06", 3: null })
      assert.deepStrictEqual(kept.column("status"), { 1: true, 2: true, 3: null })
      assert.include(
        kept.stderr,
        "first_name is 'NULL' in 1 record: --null NULL reads it as empty, with --force in a loaded file",
      )
      assert.include(
        kept.stderr,
        "first_name is 'N/A' in 1 record: --null N/A reads it as empty, with --force in a loaded file",
      )
      const given = yield* loadAlone(content, ["--null", "NULL", "--null", "N/A", "--null", "nan"])
      assert.deepStrictEqual(given.column("first_name"), { 1: null, 2: null, 3: "Ada" })
      // Exact: a person may have the name.
      assert.deepStrictEqual(given.column("last_name"), { 1: null, 2: null, 3: "Null" })
      assert.deepStrictEqual(given.column("password"), { 1: null, 2: "h", 3: "h" })
      assert.deepStrictEqual(given.column("gender"), { 1: null, 2: "None", 3: "Female" })
      assert.notInclude(given.stderr, "first_name is '")
    }).pipe(Effect.scoped),
  )

  it.live("status: usual words by themselves, others by the mapping, the rest rejected", () =>
    Effect.gen(function* () {
      const words = ["Active", "inactive", "Enabled", "1.0", "0.0", "TRUE ", "on", "off", "blocked", "x", "Yes.", "ja"]
      const content = csv(...words.map((status, index) => row(index + 1, { status })))
      const usual = { 1: true, 2: false, 3: true, 4: true, 5: false, 6: true, 7: true, 8: false }
      const alone = yield* loadAlone(content)
      assert.strictEqual(alone.code, 3)
      assert.deepStrictEqual(alone.column("status"), usual)
      const reason = "status is no known word for true or false. Name it in the mapping"
      assert.deepStrictEqual(
        alone.rejected,
        [10, 11, 12, 13].map((line) => `${line}: ${reason}`),
      )
      const said = { true: ["x", "JA"], false: ["blocked"], null: ["Yes.", "on"] }
      const named = yield* loadAlone(content, yield* mapped("status", said))
      assert.strictEqual(named.code, 0)
      assert.deepStrictEqual(named.column("status"), { ...usual, 7: null, 9: false, 10: true, 11: null, 12: true })
    }).pipe(Effect.scoped),
  )

  it.live("addresses in the forms that logs have; what is none costs its record, or its cell", () =>
    Effect.gen(function* () {
      const forms: ReadonlyArray<readonly [text: string, address: string | null | undefined]> = [
        ["81.2.69.142:55220", "81.2.69.142"],
        ["81.2.69.142, 10.0.0.1", "81.2.69.142"],
        ["10.0.0.1, 81.2.69.142", "81.2.69.142"],
        ["::ffff:81.2.69.142", "81.2.69.142"],
        ["81.2.69.142/32", "81.2.69.142"],
        ["[2001:4860:4860::8888]:443", "2001:4860:4860::8888"],
        ["[2001:4860:4860::8888]", "2001:4860:4860::8888"],
        ["fe80::1%eth0", "fe80::1"],
        ["unknown", null],
        ["-", null],
        ["2001:4860:4860::8888/128", "2001:4860:4860::8888"],
        [" 81.2.69.142 ", "81.2.69.142"],
        ["81.2.69.142,81.2.69.143", "81.2.69.142"],
        ["::ffff:5102:458e", "81.2.69.142"],
        ["127.0.0.1", "127.0.0.1"],
        ["64:ff9b::5102:458e", "64:ff9b::5102:458e"],
        ["2002:5102:458e::1", "2002:5102:458e::1"],
        ["081.002.069.142", undefined],
        ["1359095182", undefined],
        ["0x51.0x02.0x45.0x8e", undefined],
        ["81.2.69.xxx", undefined],
        ["81.2.69.0/24", undefined],
        ["'81.2.69.142'", undefined],
        ["\u200b81.2.69.142", undefined],
        ["81.2.69.142;", undefined],
        ["81.2.69", undefined],
      ]
      const content = csv(...forms.map(([ip_address], index) => row(index + 1, { ip_address })))
      const { column, env, rejected, source } = yield* Effect.gen(function* () {
        const { env, load } = yield* makeLoader
        return { env, ...(yield* load(content)) }
      })
      const read = forms.flatMap(([, address], index) => (address === undefined ? [] : [[index + 1, address] as const]))
      assert.deepStrictEqual(column("ip_address"), Object.fromEntries(read))
      assert.lengthOf(rejected, forms.length - read.length)
      const listed = yield* etl(["rejects"], env)
      assert.include(listed.stdout, 'ip_address "81.2.69.xxx" is not an IPv4 or IPv6 address')
      assert.include(source, "/")

      const { env: other, load } = yield* makeLoader
      const blanked = yield* load(content, ["--on-bad-value", "null"])
      assert.strictEqual(blanked.code, 0, blanked.stderr)
      const all = forms.map(([, address], index) => [index + 1, address ?? null])
      assert.deepStrictEqual(blanked.column("ip_address"), Object.fromEntries(all))
      assert.include(blanked.stdout, "9 values could not be used and are null")
      const values = yield* etl(["rejects", "--values"], other)
      assert.include(values.stdout, 'users.csv:22: ip_address "81.2.69.xxx" is not an IPv4 or IPv6 address')
    }).pipe(Effect.scoped),
  )

  it.live("long hashes and answers fit, in the widths that the table has when the load begins", () =>
    Effect.gen(function* () {
      const { load, query } = yield* makeLoader
      const hash = `$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$${"A".repeat(43)}`
      const content = csv(
        row(1, { gender: "Prefer not to say", password: hash }),
        row(2, { password: "a".repeat(128) }),
      )
      const first = yield* load(content)
      assert.deepStrictEqual([first.code, first.rejected], [0, []], first.stderr)
      assert.deepInclude(first.users[0], { gender: "Prefer not to say", password: hash })
      yield* query("alter table users alter column first_name type varchar(100), alter column gender type text")
      const wide = { first_name: "x".repeat(100), gender: "y".repeat(1_000) }
      const second = yield* load(csv(row(3, wide), row(4, { first_name: "x".repeat(101) })))
      assert.deepInclude(second.users[2], wide)
      const tooWide = "3: first_name is longer than 100 characters"
      assert.deepStrictEqual(second.rejected, [tooWide])
      // A text of any length may be too long for an index: that costs its record alone.
      yield* query("alter table users alter column last_name type text")
      yield* query("create index on users (last_name)")
      const last_name = Array.from({ length: 40 }, () => randomBytes(250).toString("hex")).join("")
      const third = yield* load(csv(row(5, { last_name }), row(6)))
      assert.strictEqual(third.code, 3, third.stderr)
      assert.deepStrictEqual(third.rejected, [tooWide, "2:  refused by PostgreSQL (SQLSTATE 54000)"])
      assert.deepInclude(third.users.at(-1), { id: "6", last_name: "Byron" })
    }).pipe(Effect.scoped),
  )

  it.live("both spellings of an international domain are one user; invisible characters are named", () =>
    Effect.gen(function* () {
      const { rejected, users } = yield* loadAlone(
        csv(
          row(1, {}, "info@müller.example"),
          row(2, {}, "INFO@xn--mller-kva.example"),
          row(3, {}, "Ada Byron <ada@example.com>"),
          row(4, {}, "mailto:bo@example.com"),
          row(5, {}, "c\u200by@example.com"),
          row(6, {}, "a@example.com; b@example.com"),
        ),
      )
      assert.deepStrictEqual(
        users.map(({ email }) => email),
        ["info@xn--mller-kva.example", "ada@example.com", "bo@example.com"],
      )
      assert.deepStrictEqual(rejected, [
        "6: email has U+200B, an invisible character",
        "7: email has two addresses in one field",
      ])
    }).pipe(Effect.scoped),
  )

  it.live("what is said of values belongs to an unfinished load", () =>
    Effect.gen(function* () {
      const { env } = yield* makeLoader
      const bad = (id: number) => row(id, { ip_address: "x", first_name: "NULL" })
      const source = yield* directoryOf({
        "users.csv": csv(...Array.from({ length: 20 }, (_, index) => bad(index + 1))),
      })
      const run = (maxRejects: string, ...flags: ReadonlyArray<string>) =>
        etl(["--source", source, "--geo", "none", "--chunksize", "5", "--max-rejects", maxRejects, ...flags], env)
      assert.strictEqual((yield* run("3", "--null", "NULL")).code, 4)
      const other = yield* run("3", "--null", "None", "--on-bad-value", "null")
      assert.strictEqual(other.code, 2)
      assert.include(other.stderr, 'started loading with null words ["NULL"], bad values "reject".')
      assert.strictEqual((yield* run("100%", "--null", "NULL")).code, 3)
    }).pipe(Effect.scoped),
  )
})
