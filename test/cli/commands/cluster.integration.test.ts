import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RunDetails } from "../../../src/domain/RunRecord.ts"
import { RunSummary } from "../../../src/domain/RunSummary.ts"
import { version } from "../../../src/observability/version.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { spawnEtl } from "../../utils/etlChild.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"
import { S3Server } from "../../utils/s3.ts"
import { consecutivePorts } from "../../utils/tcp.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const password = "c0ffee-hash"

const csv = (name: string, records: number): string =>
  [
    header,
    ...Array.from(
      { length: records },
      (_, index) => `${index},Ada,Lovelace,${name}${index}@example.com,f,8.8.8.8,1/22/2020,2024-05-06,${password},yes`,
    ),
    "",
  ].join("\n")

const filesOf = (count: number, records: number) =>
  directoryOf(
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`${index}.csv`, csv(String.fromCharCode(97 + index), records)]),
    ),
  )

const mapping = JSON.stringify(
  Object.fromEntries(header.split(",").map((name) => [name, name === "id" ? "source_id" : name])),
)

const decodeSummary = Schema.decodeUnknownSync(Schema.fromJsonString(RunSummary))
const decodeRun = Schema.decodeUnknownSync(Schema.fromJsonString(RunDetails))

type Query = Effect.Success<typeof makeDatabase>["query"]

/** A worker with a log of its own, ready. */
const startWorker = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>, geo = "none") {
  const port = yield* consecutivePorts
  const cwd = yield* temporaryDirectory
  const worker = yield* spawnEtl(["worker", "--port", String(port), "--geo", geo, "--concurrency", "2"], {
    cwd,
    env,
  })
  yield* worker.says(/health: /)
  return { ...worker, port, log: () => readFileSync(join(cwd, "etl.log"), "utf8") }
})

const linesOf = (log: string) =>
  log.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]))

describe("run --cluster, refused", () => {
  it.live.each<readonly [ReadonlyArray<string>, string]>([
    [["--split-size", "5M"], "--split-size requires --cluster: add it, or omit --split-size."],
    [
      ["--cluster", "--split-size", "5K"],
      'Invalid value "5K" for --split-size: expected a size from 1M to 1024G, such as 64M.',
    ],
    [["--cluster", "--dry-run"], "--dry-run cannot be combined with --cluster: it reads the files in this process."],
    [["--cluster", "--embedded", "x"], "--cluster requires a PostgreSQL server that all workers can reach"],
    [["--cluster", "--geo-db", "x"], "--cluster does not take --geo-db: give it to etl worker, or omit --cluster."],
    [
      ["--cluster", "--aws", "--bucket", "b", "--endpoint", "https://user:secret@store"],
      "--endpoint contains a user name, a password or a query, which --cluster would store with the run: remove it.",
    ],
    [["--cluster", "--ip-api-quota", "3"], "--cluster does not take --ip-api-quota: give it to etl worker"],
  ])("%j", ([flags, message]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* etl(["run", "--source", ".", ...flags])
      assert.deepStrictEqual([code, stdout], [2, ""])
      const [first, usage] = stderr.split("\n")
      assert.include(first, message)
      assert.match(usage!, /^Usage: etl run /)
    }),
  )

  it.live.each(["geo", "concurrency"])("with a flag of the workers, --%s", (flag) =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* filesOf(1, 1)
      for (const words of [
        [`--${flag}`, flag === "geo" ? "none" : "3"],
        [`--${flag}=${flag === "geo" ? "none" : "3"}`],
      ]) {
        const { code, stderr } = yield* etl(["run", "--source", source, "--cluster", ...words], env)
        assert.strictEqual(code, 2, stderr)
        assert.strictEqual(stderr, `--cluster does not take --${flag}: give it to etl worker, or omit --cluster.`)
      }
    }),
  )

  it.live.each(["worker", "follow latest", "run --cluster --source ."])(
    "where no server is named: %s; and no embedded database is made",
    (words) =>
      Effect.gen(function* () {
        const cwd = yield* directoryOf({ "column_mappings.json": mapping })
        const child = yield* spawnEtl(words.split(" "), { cwd, env: {} })
        assert.strictEqual(yield* child.ended, 2)
        assert.match(child.output.stderr, /^A cluster requires a PostgreSQL server .* Name it with --database-url/)
        assert.isFalse(existsSync(join(cwd, ".etl")))
      }).pipe(Effect.scoped),
  )
})

describe("worker", () => {
  it.live("says that it is ready, answers /healthz, and stops when it is interrupted", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const worker = yield* startWorker(env)
      const answer = yield* Effect.promise(() => fetch(`http://127.0.0.1:${worker.port + 1}/healthz`))
      assert.strictEqual(answer.status, 200)
      assert.deepInclude(yield* Effect.promise(() => answer.json()), { status: "ok", held: 0 })
      for (const port of [worker.port, worker.port - 1]) {
        const second = yield* etl(["worker", "--port", String(port)], env)
        assert.strictEqual(second.code, 2)
        assert.include(second.stderr, `Cannot listen on 127.0.0.1:${worker.port}: it is in use (EADDRINUSE)`)
        assert.include(second.stderr, "another --port")
      }
      yield* worker.signal("SIGTERM")
      assert.strictEqual(yield* worker.ended, 130)
      const lines = worker.output.stderr.trimEnd().split("\n")
      assert.match(lines[0]!, /^etl \S+ worker at 127\.0\.0\.1:\d+ for PostgreSQL \S+ at \S+, places: none; health: /)
      assert.deepStrictEqual(
        [lines[1], lines.at(-1)],
        [
          "The worker is stopping: it finishes its current chunks, and releases the rest.",
          "Interrupted. Other workers continue its work.",
        ],
      )
      assert.strictEqual(worker.output.stdout, "")
    }).pipe(Effect.scoped),
  )

  it.live("prints where it sends addresses before it is ready to", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const worker = yield* startWorker({ ...env, IP_API_URL: "http://127.0.0.1:1/batch" }, "ip-api")
      const [notice, ready] = worker.output.stderr.split("\n")
      assert.strictEqual(
        notice,
        "ip-api: addresses are sent to 127.0.0.1:1 by plain HTTP; --geo mmdb keeps them on this machine",
      )
      assert.match(ready!, /^etl \S+ worker at .*, places: ip-api; health: /)
    }).pipe(Effect.scoped),
  )
})

/** Until what the engine keeps of all runs, but for that one, is gone. */
const awaitForgotten = Effect.fnUntraced(function* (query: Query, besides = 0) {
  const kept = query(
    `with kept as (
      select entity_type, entity_id from cluster_messages where tag = 'run' and payload::json ->> 'runId' = $1
    )
    select 1 from cluster_messages where (entity_type, entity_id) not in (select * from kept)
    union all select 1 from cluster_replies where request_id not in (
      select id from cluster_messages where (entity_type, entity_id) in (select * from kept)
    )`,
    [String(besides)],
  )
  while ((yield* kept).length > 0) yield* Effect.sleep("100 millis")
})

/** All that is written to a table from now on, also what is deleted again. */
const written = Effect.fnUntraced(function* (query: Query, table: string) {
  yield* query(`create table ${table}_written (text text)`)
  yield* query(`
    create function ${table}_write() returns trigger language plpgsql as
      'begin insert into ${table}_written values (new::text); return new; end'`)
  yield* query(`create trigger written before insert on ${table} for each row execute function ${table}_write()`)
  return query<{ text: string }>(`select text from ${table}_written`)
})

describe("run --cluster", () => {
  it.live("loads by two workers, and prints no secret", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const workers = yield* Effect.all([startWorker(env), startWorker(env)])
      const messagesWritten = yield* written(query, "cluster_messages")
      const repliesWritten = yield* written(query, "cluster_replies")
      const source = yield* filesOf(12, 200)
      const run = yield* etl(["run", "--cluster", "--source", source], env)
      assert.strictEqual(run.code, 0, run.stderr)
      assert.match(run.stdout, /^Run 1: 12 files loaded\n {2}read +2,400\n {2}inserted +2,400 {2}new users\n/m)
      assert.match(
        run.stderr,
        /^Run 1 is handed over to \d workers?\. It continues when this command is interrupted\.$/m,
      )
      const banner = run.stderr.replace(`etl ${version}:`, "etl VERSION:")
      assert.match(banner, /^etl VERSION: 12 files of \S+ -> PostgreSQL \S+ at \S+, places: by the workers$/m)

      const again = yield* etl(["run", "--cluster", "--force", "--json", "-q", "--source", source], env)
      assert.deepStrictEqual([again.code, again.stderr], [0, ""])
      assert.deepInclude(decodeSummary(again.stdout).totals, { read: 2_400, unchanged: 2_400 })
      yield* awaitForgotten(query)
      const followed = yield* etl(["follow", "2", "--json", "-q"], env)
      assert.deepStrictEqual(JSON.parse(followed.stdout), JSON.parse(again.stdout))

      const logs = workers.map(({ log }) => log())
      const loaded = logs.map((log) =>
        linesOf(log).filter(({ message }) => /^\d+\.csv: 200 records$/.test(String(message))),
      )
      for (const run of [1, 2]) {
        const lines = loaded.flat().filter((line) => line["run"] === run)
        const ofRun = logs.flatMap(linesOf).filter((line) => line["run"] === run)
        assert.strictEqual(lines.length, 12, JSON.stringify(ofRun.map(({ file, message }) => [file, message])))
        assert.deepInclude(lines[0], { level: "INFO", step: "Load", read: 200 })
      }
      for (const line of [...logs.flatMap(linesOf), ...run.log]) {
        assert.isString(line["message"])
        assert.isString(line["level"])
      }
      const messages = yield* messagesWritten
      const replies = yield* repliesWritten
      assert.isAbove(messages.length, 24)
      for (const { text } of messages) {
        assert.notInclude(text, source)
        assert.notInclude(text, "first_name")
      }
      const said = [...workers.flatMap(({ output }) => [output.stdout, output.stderr]), ...logs]
      const shown = [run, again, followed].flatMap(({ logText, stderr, stdout }) => [logText, stderr, stdout])
      for (const text of [...said, ...shown, ...[...messages, ...replies].map(({ text }) => text)]) {
        assert.notInclude(text, env["DB_PASS"]!)
        assert.notInclude(text, password)
        assert.notInclude(text, "@example.com")
      }
    }).pipe(Effect.scoped),
  )

  it.live("loads the files of a pattern, of a folder and of S3", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const s3 = yield* S3Server
      yield* s3.makeBucket("exports")
      yield* s3.put("exports", "in/dt=3/a.csv", csv("c", 2))
      yield* s3.put("exports", "in/a.csv", csv("d", 2))
      const source = yield* directoryOf({ "a.csv": csv("d", 2) })
      for (const folder of ["dt=1", "dt=2"]) mkdirSync(join(source, folder))
      writeFileSync(join(source, "dt=1", "a.csv"), csv("a", 2))
      writeFileSync(join(source, "dt=2", "a.csv"), csv("b", 2))
      writeFileSync(join(source, "dt=2", "b.csv"), "other,header\n")
      yield* startWorker(env)
      const flags = ["--pattern", "dt=*/**/*.csv"]
      const local = yield* etl(["run", "--cluster", "--source", source, ...flags], env)
      assert.strictEqual(local.code, 5, local.stderr)
      assert.match(local.stdout, /^Run 1: 2 files loaded, 1 failed$/m)
      // The folder's own file: its header may be shown.
      assert.match(local.stdout, /^Failed: .*dt=2\/b\.csv: Header.* missing: .*--out b\.mapping\.json/m)
      const bucket = ["--aws", "--bucket", "exports", "--endpoint", s3.endpoint, "--source", "in"]
      const remote = yield* etl(["run", "--cluster", ...bucket, ...flags], env)
      assert.strictEqual(remote.code, 0, remote.stderr)
      assert.deepStrictEqual(yield* query("select source from etl_runs order by id"), [
        { source: `${source}/./dt=*/**/*.csv` },
        { source: "s3://exports/in/./dt=*/**/*.csv" },
      ])
      assert.deepStrictEqual(
        yield* query("select email from users order by email"),
        ["a0", "a1", "b0", "b1", "c0", "c1"].map((name) => ({ email: `${name}@example.com` })),
      )
    }).pipe(Effect.provide(S3Server.layer), Effect.scoped),
  )

  it.live("gives the workers the format of the mapping, and the flags that win over it", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const content = "Stand\nMail;Vorname\nzoe@example.com;'Zoë;x'\n"
      const source = yield* directoryOf({ "a.csv": Buffer.from(content, "latin1") })
      const format = { encoding: "windows-1252", delimiter: ";", skipLines: 7 }
      const columns = { Mail: "email", "E-Mail": "email", Vorname: "first_name" }
      const directory = yield* directoryOf({ "m.json": JSON.stringify({ format, columns }) })
      yield* startWorker(env)
      const flags = ["--mapping", join(directory, "m.json"), "--skip-lines", "auto", "--quote", "'"]
      const { code, stderr } = yield* etl(["run", "--cluster", "--source", source, ...flags], env)
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(yield* query("select email, first_name from users"), [
        { email: "zoe@example.com", first_name: "Zoë;x" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("leaves nothing in the engine's tables, and another run that is under way continues", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* startWorker(env)
      const cwd = yield* directoryOf({ "column_mappings.json": mapping })
      // Small enough to be loaded beside another file.
      const long = yield* filesOf(1, 2_500)
      const longRun = yield* spawnEtl(["run", "--cluster", "--chunksize", "1", "--source", long], { cwd, env })
      yield* longRun.says(/^Run 1 is handed over/m)
      const short = yield* filesOf(1, 1)
      assert.strictEqual((yield* etl(["run", "--cluster", "--source", short], env)).code, 0)
      yield* awaitForgotten(query, 1)
      assert.strictEqual((yield* etl(["follow", "2", "-q"], env)).code, 0)
      assert.strictEqual(
        (yield* etl(["cancel", "2"], env)).stdout,
        "Run 2 has already ended. To show it, run: etl runs 2",
      )

      const [run] = yield* query("select ended_at from etl_runs where id = 1")
      assert.deepStrictEqual(run, { ended_at: null })
      const { read } = (yield* query<{ read: number }>("select sum(read)::int as read from etl_checkpoints"))[0]!
      const readOn = query("select 1 from etl_checkpoints having sum(read) > $1", [read])
      while ((yield* readOn).length === 0) yield* Effect.sleep("100 millis")
      yield* etl(["cancel", "1"], env)
      assert.strictEqual(yield* longRun.ended, 130)
      yield* awaitForgotten(query)
      assert.strictEqual((yield* etl(["follow", "1"], env)).code, 130)
    }).pipe(Effect.scoped),
  )

  it.live("continues when the command is interrupted, is followed again, cancelled, and resumed", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* filesOf(2, 6_000)
      const cwd = yield* directoryOf({ "column_mappings.json": mapping })
      const run = yield* spawnEtl(["run", "--cluster", "--chunksize", "5", "--source", source], { cwd, env })
      yield* run.says(/^Run 1 waits: no worker is running\. Start one: etl worker$/m)
      yield* startWorker(env)
      yield* run.says(/^1 worker there: run 1 continues\.$/m)
      yield* run.signal("SIGINT")
      assert.strictEqual(yield* run.ended, 130)
      assert.match(run.output.stderr, /\nRun 1 continues\. Follow it again: etl follow 1\nInterrupted\.\n$/)

      const running = yield* etl(["runs", "latest"], env)
      assert.match(running.stdout, /^Run 1: running, --cluster\n/)
      assert.match(running.stdout, /\nFollow it: etl follow 1\nStop it: etl cancel 1$/)
      const joined = yield* spawnEtl(["run", "--cluster", "--source", source, "--no-progress"], { cwd, env })
      yield* joined.says(
        /^Run 1 of this source is already under way on 1 worker, with its own flags\. Following it\.$/m,
      )
      const cancelled = yield* etl(["cancel", "1"], env)
      assert.strictEqual(
        cancelled.stdout,
        "Run 1 is cancelled. What it has committed stays; the same etl run command resumes it.",
      )
      assert.strictEqual(yield* joined.ended, 130)
      assert.match(joined.output.stderr, /\nRun 1 was cancelled\. The same command resumes it\.\n$/)

      const { stdout } = yield* etl(["runs", "1", "--json"], env)
      const details = decodeRun(stdout)
      assert.deepInclude(details, { state: "cancelled", cluster: true, exitCode: 130 })
      assert.include((yield* etl(["runs", "1"], env)).stdout, `etl --source ${source} --cluster [its other flags]`)
      assert.strictEqual(
        (yield* etl(["cancel", "1"], env)).stdout,
        "Run 1 has already ended. To show it, run: etl runs 1",
      )
      const last = yield* etl(["run", "--cluster", "--source", source], env)
      assert.strictEqual(last.code, 0, last.stderr)
      assert.match(last.stdout, /^Run 1, attempt 2: 2 files loaded\n {2}read +12,000\n/m)
      const none = yield* etl(["run", "--force", "--geo", "none", "-q", "--source", source], env)
      assert.strictEqual(none.code, 0, none.stderr)
      const followed = yield* etl(["follow", "2"], env)
      assert.strictEqual(followed.code, 2)
      assert.strictEqual(followed.stderr, "Run 2 was not started with --cluster. etl runs 2 shows it.")
    }).pipe(Effect.scoped),
  )
})
