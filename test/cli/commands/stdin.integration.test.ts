import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stdio, Stream } from "effect"
import { gzipSync } from "node:zlib"
import { etl, makeDatabase } from "../../utils/etl.ts"
import { spawnEtl } from "../../utils/etlChild.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string, day = "2024-05-06", name = "Ada") =>
  `7,${name},Lovelace,${email},f,8.8.8.8,1/22/2020,${day},,yes`
const csv = (...rows: ReadonlyArray<string>) => [header, ...rows].map((line) => `${line}\n`).join("")

/** Runs the command with this standard input. */
const piped = (input: string | Uint8Array, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
  const stdin = Stream.succeed(typeof input === "string" ? Buffer.from(input) : input)
  return etl(args, env, Layer.merge(NodeServices.layer, Stdio.layerTest({ stdin })))
}

const load = ["run", "--source", "-", "--geo", "none"]
const again = "Standard input cannot be resumed: give the whole input again"

const users = `select email, first_name, last_name, updated_at::text, updated, source_id from users order by email`

/** Of no column. */
const notes = "x".repeat(300)

/** Versions of 2,000 users. Half of it is more than the format is decided from, and than is committed as a whole. */
const big = [
  `${header},notes\n`,
  ...Array.from({ length: 60_000 }, (_, index) => {
    const day = `2024-05-${String((index % 28) + 1).padStart(2, "0")}`
    return `${row(`${index % 2_000}@example.com`, day, `Ada${index % 7}`)},${notes}\n`
  }),
].join("")

describe("etl run --source -", () => {
  it.live("each reading is a run and a file of its own", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const input = csv(row("a@example.com"), row("b@example.com"))
      const first = yield* piped(input, load, env)
      assert.strictEqual(first.code, 0, first.stderr)
      assert.include(first.stderr, "1 file of stdin:1 -> ")
      const second = yield* piped(gzipSync(input), [...load, "--json"], env)
      assert.strictEqual(second.code, 0, second.stderr)
      const { files, source, totals } = JSON.parse(second.stdout)
      assert.deepInclude(totals, { read: 2, unchanged: 2 })
      assert.strictEqual(source, "stdin:2")
      assert.deepInclude(files[0], { uri: "stdin:2", name: "stdin:2", state: "loaded" })
      assert.deepStrictEqual(yield* query("select id::int, source, attempts from etl_runs order by id"), [
        { id: 1, source: "stdin:1", attempts: 1 },
        { id: 2, source: "stdin:2", attempts: 1 },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("rejects are listed under the reading, and written to a file to correct", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const out = `${yield* temporaryDirectory}/fix.csv`
      const run = yield* piped(csv(row("a@example.com"), row("nobody")), [...load, "--max-rejects", "100%"], env)
      assert.strictEqual(run.code, 3, run.stderr)
      const listed = yield* etl(["rejects"], env)
      assert.include(listed.stdout, `stdin:1:3: email "nobody" is not a valid e-mail address`)
      const written = yield* etl(["rejects", "--out", out], env)
      assert.strictEqual(written.code, 0, written.stderr)
    }).pipe(Effect.scoped),
  )

  it.live("an empty input is an error of its file", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { code, stdout } = yield* piped("", load, env)
      assert.strictEqual(code, 5)
      assert.include(
        stdout,
        "Failed: stdin:1: Standard input is empty, without even a header. Check the command that writes it.",
      )
    }).pipe(Effect.scoped),
  )

  it.live("that stops before its end is never resumed, nor waited for", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const bad = csv(row("a@example.com"), row("nobody"), row("b@example.com"))
      const stopped = yield* piped(bad, [...load, "--max-rejects", "0"], env)
      assert.strictEqual(stopped.code, 4, stopped.stderr)
      assert.match(stopped.stdout, new RegExp(`\nWhat was read is committed\\. Correct it, .*\n${again}\\.$`))
      const shown = yield* etl(["runs", "1"], env)
      assert.include(shown.stdout, "Run 1: failed")
      assert.match(shown.stdout, new RegExp(`\n${again} to: .*--source - \\[its other flags\\]$`))
      assert.notInclude(shown.stdout, "To resume")

      const good = yield* piped(csv(row("a@example.com"), row("b@example.com")), load, env)
      assert.strictEqual(good.code, 0, good.stderr)
      // What is left of the first reading will not be read: an equal row stays where it was.
      assert.deepStrictEqual(yield* query("select email, file_id from users order by email"), [
        { email: "a@example.com", file_id: 1 },
        { email: "b@example.com", file_id: 1 },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("a dry run reads it, etl check does not, a cluster cannot", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const dry = yield* piped(csv(row("a@example.com"), row("nobody")), [...load, "--dry-run"], env)
      assert.strictEqual(dry.code, 3, dry.stderr)
      assert.include(dry.stdout, `stdin:0:3: email "nobody" is not a valid e-mail address`)
      const unread = Stdio.layerTest({ stdin: Stream.die(new Error("read")) })
      const checked = yield* etl(["check", ...load.slice(1)], env, Layer.merge(NodeServices.layer, unread))
      assert.strictEqual(checked.code, 0, checked.stdout)
      assert.match(checked.stdout, /^skipped {2}source +standard input, which only a run reads: --dry-run checks it$/m)
      assert.match(checked.stdout, /run: .*--source - --geo none .*--dry-run$/)
      const shared = yield* piped("", [...load, "--cluster"], env)
      assert.strictEqual(shared.code, 2)
      assert.include(shared.stderr, "--source - (standard input) cannot be combined with --cluster")
      assert.deepStrictEqual(yield* query("select to_regclass('etl_runs')::text as runs"), [{ runs: null }])
    }).pipe(Effect.scoped),
  )

  it.live.each(["SIGINT", "SIGKILL"] as const)(
    "after %s the whole input, given again, leaves the users of an undisturbed run",
    (signal) =>
      Effect.gen(function* () {
        const undisturbed = yield* makeDatabase
        const { env, query } = yield* makeDatabase
        const cwd = yield* temporaryDirectory
        const args = [...load, "--mapping", `${process.cwd()}/column_mappings.json`, "--chunksize", "1000"]
        const whole = yield* piped(big, args, undisturbed.env)
        assert.strictEqual(whole.code, 0, whole.stderr)

        // Its input stays open: half of it comes, and no end.
        const first = yield* spawnEtl([...args, "--concurrency", "2"], { cwd, env, input: "pipe" })
        yield* first.write(big.slice(0, big.length / 2))
        const committed = query<{ read: number }>(
          "select coalesce(sum(read), 0)::int as read from etl_checkpoints where to_regclass('users') is not null",
        )
        const isUnderWay = committed.pipe(
          Effect.map(([sum]) => sum!.read >= 10_000),
          Effect.orElseSucceed(() => false),
        )
        while (!(yield* isUnderWay)) yield* Effect.sleep("20 millis")

        // Another reading meanwhile does not wait, and is another run.
        const beside = yield* piped(csv(row("z@example.com")), args, env)
        assert.strictEqual(beside.code, 0, beside.stderr)
        assert.include(beside.stdout, "Run 2: 1 file loaded")
        const running = yield* etl(["runs"], env)
        assert.match(running.stdout, /^ {2}1 .* stdin:1 +running /m)

        yield* first.signal(signal)
        assert.strictEqual(yield* first.ended, signal === "SIGINT" ? 130 : signal)
        if (signal === "SIGINT") {
          const [{ read }] = (yield* committed) as [{ readonly read: number }]
          const count = read.toLocaleString("en-US")
          const said = `stdin:1 was not read to its end; committed: ${count} records. ${again}.`
          assert.include(first.output.stderr, said)
          assert.notInclude(first.output.stderr, "To resume")
          const shown = yield* etl(["runs", "1"], env)
          assert.include(shown.stdout, `Failed: ${said}`)
        }
        const listed = yield* etl(["runs"], env)
        assert.match(listed.stdout, /^ {2}1 .* stdin:1 +failed /m)

        const second = yield* piped(big, args, env)
        assert.strictEqual(second.code, 0, second.stderr)
        assert.include(second.stdout, "Run 3: 1 file loaded")
        yield* query("delete from users where email = 'z@example.com'")
        assert.deepStrictEqual(yield* query(users), yield* undisturbed.query(users))
      }).pipe(Effect.scoped),
    60_000,
  )
})
