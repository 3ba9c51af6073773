import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"

type Database = Effect.Success<typeof makeDatabase>

/** Runs, each with one file that has so many bad values. */
const withValues = Effect.fnUntraced(function* (counts: ReadonlyArray<number>) {
  const database: Database = yield* makeDatabase
  const { env, query } = database
  yield* etl(["init"], env)
  for (const [index, count] of counts.entries()) {
    const run = index + 1
    yield* query("insert into etl_runs (source, mapping, blanked) values ($1, 'm', $2)", [`/data${run}`, count])
    yield* query(
      `insert into etl_files (uri, fingerprint, size, run_id, mapping, header, loaded_at, read, inserted, blanked)
        values ($1, '1', 1, $2, 'm', 'email', now(), $3, $3, $3)`,
      [`/data${run}/od\nd.csv`, run, count],
    )
    yield* query(
      `insert into etl_bad_values (file_id, run_id, byte_offset, line, "column", message, value)
        select $1, $1, g * 10, g + 1, case when g = 1 then 'password' else 'status' end, 'is odd',
          case when g > 1 then '\\u001b[2J ' || g end
        from generate_series(1, $2::integer) g`,
      [run, count],
    )
  }
  return database
})

const onlyRejects = "No rejects of other runs are kept."

describe("etl rejects --values", () => {
  it.live("lists a line each, and how many there are", () =>
    Effect.gen(function* () {
      const { env } = yield* withValues([3, 1])
      const { code, log, stdout, stderr } = yield* etl(["rejects", "--values", "--run", "1"], env)
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.deepStrictEqual(stdout.split("\n"), [
        "od\\u000ad.csv:2: password is odd",
        'od\\u000ad.csv:3: status "\\u001b[2J 2" is odd',
        'od\\u000ad.csv:4: status "\\u001b[2J 3" is odd',
        "3 bad values, null in their users",
      ])
      assert.deepInclude(log.at(-1), { message: "bad values listed", run: 1, values: 3 })
      const latest = yield* etl(["rejects", "--values"], env)
      assert.strictEqual(latest.stdout, "od\\u000ad.csv:2: password is odd\n1 bad value, null in its user")
    }).pipe(Effect.scoped),
  )

  it.live("prints all of them as a JSON array, and an empty one of a run without any", () =>
    Effect.gen(function* () {
      const { env } = yield* withValues([2_500, 0])
      const { code, stdout } = yield* etl(["rejects", "--values", "--run", "1", "--json"], env)
      assert.strictEqual(code, 0)
      const values = JSON.parse(stdout) as ReadonlyArray<object>
      const place = { runId: 1, file: "/data1/od\nd.csv", message: "is odd" }
      assert.deepStrictEqual(values, [
        { ...place, line: 2, byteOffset: 10, column: "password", value: null },
        ...Array.from({ length: 2_499 }, (_, index) => {
          const number = index + 2
          const value = `\\u001b[2J ${number}`
          return { ...place, line: number + 1, byteOffset: number * 10, column: "status", value }
        }),
      ])
      assert.strictEqual((yield* etl(["rejects", "--values", "--run", "2", "--json"], env)).stdout, "[]")
    }).pipe(Effect.scoped),
  )

  it.live("of a run without any says so, and names those that have some", () =>
    Effect.gen(function* () {
      const { env, query } = yield* withValues([1, 2, 0])
      const none = "Run 3 has no bad values."
      assert.strictEqual(
        (yield* etl(["rejects", "--values", "--run", "3"], env)).stdout,
        `${none}\nBad values are kept of run 2, 1. To list them, run: etl rejects --values --run 2`,
      )
      yield* query("delete from etl_bad_values")
      const noOther = "No bad values of other runs are kept."
      assert.strictEqual((yield* etl(["rejects", "--values", "--run", "3"], env)).stdout, `${none}\n${noOther}`)
      assert.strictEqual(
        (yield* etl(["rejects", "--values", "--run", "2"], env)).stdout,
        `No bad values of run 2 are kept.\n${noOther}`,
      )
    }).pipe(Effect.scoped),
  )

  it.live("is named by the commands that show a run with bad values, and by no other", () =>
    Effect.gen(function* () {
      const { env } = yield* withValues([1_234, 1, 0])
      const line = (run: number) => `values could not be used and are null: etl rejects --values --run ${run}`
      assert.strictEqual(
        (yield* etl(["rejects", "--run", "1"], env)).stdout,
        `Run 1 rejected nothing.\n${onlyRejects}\n1,234 ${line(1)}`,
      )
      assert.strictEqual(
        (yield* etl(["rejects", "--run", "2"], env)).stdout,
        `Run 2 rejected nothing.\n${onlyRejects}\n1 value could not be used and is null: etl rejects --values --run 2`,
      )
      assert.strictEqual((yield* etl(["rejects", "--run", "3"], env)).stdout, `Run 3 rejected nothing.\n${onlyRejects}`)
      assert.strictEqual((yield* etl(["rejects", "--run", "1", "--json"], env)).stdout, "[]")
      assert.include((yield* etl(["runs", "1"], env)).stdout, `\n1,234 ${line(1)}`)
      assert.notInclude((yield* etl(["runs", "3"], env)).stdout, "null")
      const runs = (yield* etl(["runs"], env)).stdout.split("\n")
      assert.match(runs[0]!, /\bblanked\b/)
      const totals = JSON.parse((yield* etl(["runs", "1", "--json"], env)).stdout) as { readonly totals: object }
      assert.deepInclude(totals.totals, { read: 1_234, blanked: 1_234 })
    }).pipe(Effect.scoped),
  )

  it.live("cannot write them to a file to correct", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { code, stdout, stderr } = yield* etl(["rejects", "--values", "--out", "fix.csv"], env)
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.include(stderr, "--values cannot be combined with --out: the records of these values are loaded.")
    }).pipe(Effect.scoped),
  )
})

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string, { created = "2024-01-02", ip = "8.8.8.8", password = "" } = {}) =>
  `7,Ada,Lovelace,${email},f,${ip},${created},2024-05-06,${password},yes`

const stored = `select email, ip_address, created_at::text as created, password from users order by email`
const values = `select file_id, byte_offset::int, "column" from etl_bad_values order by 1, 2, 3`

describe("etl run --on-bad-value null", () => {
  it.live("loads the records, keeps each value once, and replaces what was stored by null", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const secret = "p".repeat(300)
      const good = row("a@example.com", { password: "secret" })
      const lines = [
        row("a@example.com", { created: "2023-02-29", password: secret }),
        // A duplicate.
        row("b@example.com", { ip: "1.2.3.256" }),
        row("b@example.com", { ip: "9.9.9.9" }),
        row("c@example.com"),
        row("nobody", { ip: "1.2.3.256" }),
      ]
      const source = yield* directoryOf({
        "1.csv": `${header}\n${good}\n`,
        "2.csv": `${header}\n${lines.join("\n")}\n`,
      })
      const run = ["--source", source, "--geo", "none"]
      const { code, log, logText, stdout } = yield* etl([...run, "--on-bad-value", "null"], env)
      assert.strictEqual(code, 3)
      assert.include(stdout, "\n3 values could not be used and are null: etl rejects --values --run 1\n")
      assert.include(
        log.map(({ message }) => message),
        "2.csv: 5 records, 1 reject, 3 bad values",
      )
      for (const value of [secret, "2023-02-29", "1.2.3.256"]) assert.notInclude(logText, value)
      assert.deepStrictEqual(yield* query(stored), [
        { email: "a@example.com", ip_address: "8.8.8.8", created: null, password: null },
        { email: "b@example.com", ip_address: "9.9.9.9", created: "2024-01-02", password: null },
        { email: "c@example.com", ip_address: "8.8.8.8", created: "2024-01-02", password: null },
      ])
      const begin = (line: number) => [header, ...lines.slice(0, line - 2)].join("\n").length + 1
      assert.deepStrictEqual(yield* query(values), [
        { file_id: 2, byte_offset: begin(2), column: "created_at" },
        { file_id: 2, byte_offset: begin(2), column: "password" },
        { file_id: 2, byte_offset: begin(3), column: "ip_address" },
      ])
      const { stdout: listed } = yield* etl(["rejects", "--values"], env)
      assert.notInclude(listed, "ppp")
      assert.match(listed, /^2\.csv:2: created_at "2023-02-29" is not .*\n2\.csv:2: password is longer .*\n2\.csv:3: /)

      // An equal record is unchanged: its values are kept anew.
      const again = yield* etl([...run, "--on-bad-value", "null", "--force", "--json"], env)
      const { totals } = JSON.parse(again.stdout) as { readonly totals: object }
      assert.deepInclude(totals, { read: 6, rejected: 1, blanked: 3 })
      assert.lengthOf(yield* query(values), 3)
      assert.strictEqual((yield* etl([...run, "--force"], env)).code, 3)
      assert.lengthOf(yield* query(values), 0)
      assert.lengthOf(yield* query("select 1 from etl_rejects"), 3)
    }).pipe(Effect.scoped),
  )

  it.live("of a record that PostgreSQL refuses keeps the reasons alone", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* query("alter table users add constraint no_b check (email not like 'b%')")
      const lines = ["a", "b", "c"].map((name) => row(`${name}@example.com`, { created: "never" }))
      const source = yield* directoryOf({ "1.csv": [header, ...lines].join("\n") })
      const run = yield* etl(["--source", source, "--geo", "none", "--on-bad-value", "null", "--json"], env)
      const { totals } = JSON.parse(run.stdout) as { readonly totals: object }
      assert.deepInclude(totals, { read: 3, inserted: 2, rejected: 1, blanked: 2 })
      const kept = yield* query<{ byte_offset: number }>(values)
      const [reject] = yield* query<{ byte_offset: number }>("select byte_offset::int from etl_rejects")
      assert.lengthOf(kept, 2)
      assert.notInclude(
        kept.map(({ byte_offset }) => byte_offset),
        reject!.byte_offset,
      )
    }).pipe(Effect.scoped),
  )

  it.live("in a dry run shows the first of them", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 12 }, (_, index) => row(`${index}@example.com`, { created: `never ${index}` }))
      const source = yield* directoryOf({ "1.csv": [header, ...lines].join("\n") })
      const { code, stdout } = yield* etl(["--source", source, "--geo", "none", "--dry-run", "--on-bad-value", "null"])
      assert.strictEqual(code, 0)
      assert.include(stdout, "\n  blanked    12  values that could not be used, and would be null\n")
      assert.match(stdout, /\nThe first 10 bad values:\n {2}1\.csv:2: created_at "never 0" is not .*\n/)
      assert.include(stdout, '  1.csv:11: created_at "never 9"')
      assert.notInclude(stdout, "never 10")
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects --delete", () => {
  const reject = `insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
    values (1, 1, 5, 2, 1, 'x', '[]')`
  const left = `select (select count(*)::int from etl_rejects) as rejects,
    (select json_agg(distinct run_id) from etl_bad_values) as runs`

  it.live("deletes the bad values of the run too, with --values them alone", () =>
    Effect.gen(function* () {
      const { env, query } = yield* withValues([25_001, 2])
      yield* query(reject)
      const alone = yield* etl(["rejects", "--values", "--delete", "1"], env)
      assert.strictEqual(alone.stdout, "Deleted 25,001 bad values of run 1.")
      assert.deepStrictEqual(yield* query(left), [{ rejects: 1, runs: [2] }])
      assert.strictEqual((yield* etl(["rejects", "--delete", "1"], env)).stdout, "Deleted 1 reject of run 1.")
      const both = yield* etl(["rejects", "--delete", "2"], env)
      assert.strictEqual(both.stdout, "Deleted 0 rejects and 2 bad values of run 2.")
      assert.deepInclude(both.log.at(-1), { message: "rejects deleted", run: 2, records: 0, values: 2 })
      assert.deepStrictEqual(yield* query(left), [{ rejects: 0, runs: null }])
      const again = yield* etl(["rejects", "--values", "--delete", "2"], env)
      assert.strictEqual(again.stdout, "Deleted 0 bad values of run 2.")
    }).pipe(Effect.scoped),
  )
})
