import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { etl, makeDatabase } from "../../utils/etl.ts"

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
