import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { formatRun, formatRuns } from "../../../src/cli/output/formatRuns.ts"
import { type Format, plainFormat } from "../../../src/domain/Format.ts"
import { RunDetails, RunRecord } from "../../../src/domain/RunRecord.ts"
import { noRecords } from "../../../src/domain/RunSummary.ts"
import { printable } from "../../../src/text/printable.ts"
import * as Repositories from "../../../src/postgres/Repositories.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { readMarkup } from "../../utils/markup.ts"
import { clientLayer, sharedPostgres, temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string, ip = "8.8.8.8") => `7,Ada,Lovelace,${email},f,${ip},2020-01-22,2024-05-06,,yes`

const decodeRuns = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(RunRecord)))
const decodeRun = Schema.decodeUnknownSync(Schema.fromJsonString(RunDetails))

const listed = Effect.fnUntraced(function* (env: Record<string, string>, ...args: ReadonlyArray<string>) {
  const { code, stdout, stderr } = yield* etl(["runs", "--json", ...args], env)
  assert.strictEqual(code, 0, stderr)
  return decodeRuns(stdout)
})

/** Holds the lock of a source, as a process that loads it, and has started a run. */
const loading = Effect.fnUntraced(function* (env: Record<string, string>, source: string) {
  const client = clientLayer(yield* sharedPostgres, env["DB_NAME"]!)
  const services = yield* Layer.build(Repositories.layer.pipe(Layer.provide(client)))
  const request = { source, mapping: "m", force: false }
  return yield* Effect.provide(
    Effect.flatMap(RunRepo, (runs) => runs.begin(request)),
    services,
  )
})

/** A file for each run, as one that has listed its source has. */
const fileOfEach = `insert into etl_files (uri, fingerprint, size, run_id, mapping)
  select source, id::text, 1, id, 'm' from etl_runs on conflict do nothing`

describe("etl runs", () => {
  it.live("lists the runs, newest first, and shows one in full", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const good = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com")}\n${row("b@example.com")}\n` })
      const bad = yield* directoryOf({
        "1.csv": `${header}\n${row("a@example.com")}\n1,"x"y\n${row("")}\n`,
        "od\u001b[31md.csv": `${header}\n${row("nobody", "1.2.3")}\n${row("", "1.2.3")}\n`,
      })
      yield* etl(["--source", good, "--geo", "none"], env)
      yield* etl(["--source", bad, "--geo", "none", "--max-rejects", "100%"], env)

      const table = yield* etl(["runs"], env)
      assert.strictEqual(table.code, 0, table.stderr)
      const lines = table.stdout.split("\n")
      assert.match(lines[0]!, /^run {2}when +source +state +(?:\w+ +)*read +(?:\w+ +)*rejected +time {2}exit$/)
      assert.match(lines[2]!, /^ {2}2 {2}[A-Z][a-z]{2} [ \d]\d \d\d:\d\d {2}\S+ {2}finished .* 5 .*4 +\d\.\d s +3$/)
      assert.match(lines[3]!, /^ {2}1 .* finished .* 2 .* +\d\.\d s +0$/)
      assert.strictEqual(lines[4], "2 runs")

      const [second, first] = yield* listed(env)
      assert.deepInclude(first, {
        runId: 1,
        source: good,
        state: "finished",
        exitCode: 0,
        totals: { ...noRecords, read: 2, inserted: 2 },
      })
      assert.deepInclude(second, { runId: 2, state: "finished", exitCode: 3, attempts: 1 })
      assert.isAbove(second!.stages!.load, 0)
      assert.isAbove(second!.milliseconds!, 0)
      assert.isAtLeast(second!.endedAt!.getTime(), second!.startedAt.getTime())

      const full = yield* etl(["runs", "2"], env)
      assert.strictEqual(full.code, 0, full.stderr)
      assert.include(full.stdout, `Run 2: finished\n  source     ${bad}\n`)
      assert.match(
        full.stdout,
        /^ {2}time {7}\d\.\d s\n {4}extract {4}\d\.\d s\n {4}transform {2}\d\.\d s\n {4}locate {5}\d\.\d s\n {4}load {7}\d\.\d s, all connections together$/m,
      )
      assert.match(full.stdout, /^1\.csv +loaded +3 +/m)
      assert.match(full.stdout, /^ +2 {2}email is missing +1\.csv:4$/m)
      assert.match(full.stdout, /^ +2 {2}ip_address is not an IPv4 or IPv6 address +od\\u001b\[31md\.csv:2$/m)
      assert.match(full.stdout, /etl rejects --run 2$/)

      const details = decodeRun((yield* etl(["runs", "latest", "--json"], env)).stdout)
      assert.deepStrictEqual(
        details.files.map(({ uri, state, counts }) => [uri, state, counts.read, counts.rejected]),
        [
          [`${bad}/1.csv`, "loaded", 3, 2],
          [`${bad}/od\u001b[31md.csv`, "loaded", 2, 2],
        ],
      )
      assert.deepInclude(details.rejectedFor, {
        reason: "text after a closing quote",
        records: 1,
        file: "1.csv",
        line: 3,
      })
    }).pipe(Effect.scoped),
  )

  it.live("distinguishes a run that is under way from one that no process continues", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      const state = Effect.map(listed(env), ([run]) => run!.state)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* loading(env, "/data")
          assert.strictEqual(yield* state, "running")
          assert.match((yield* etl(["runs", "1"], env)).stdout, /^Run 1: running$[^]*not yet/m)
          // The same source is asked for with another mapping: this run waits for its turn.
          yield* query(
            "insert into etl_runs (source, mapping, attempted_at) values ('/data', 'n', now() - interval '1 h')",
          )
          yield* query(fileOfEach)
          assert.deepStrictEqual(
            (yield* listed(env)).map(({ state }) => state),
            ["running", "unfinished"],
          )
        }),
      )
      assert.strictEqual(yield* state, "unfinished")
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* loading(env, "/data")
          // A run of the source that was killed is not what the lock of the next one shows, also when that is finished.
          yield* query("insert into etl_runs (source, attempted_at) values ('/data', now() - interval '1 m')")
          yield* query(fileOfEach)
          yield* query("update etl_runs set finished_at = now() where id = 1")
          assert.deepStrictEqual(
            (yield* listed(env)).map(({ runId, state }) => [runId, state]),
            [
              [1, "finished"],
              [3, "unfinished"],
              [2, "unfinished"],
            ],
          )
          yield* query("update etl_runs set finished_at = null where id = 1")
        }),
      )
      const { stdout } = yield* etl(["runs", "1"], env)
      assert.match(stdout, /unknown: its last attempt[^]*\nTo resume, run: etl --source \/data \[its other flags\]$/)
    }).pipe(Effect.scoped),
  )

  it.live("counts what is committed of an unfinished run, and says what is left of its files", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const source = yield* directoryOf({
        "1.csv": `${header}\n${row("a@example.com")}\n`,
        "2.csv": `${header}\n${row("")}\n`,
        "3.csv": `${header}\n${row("c@example.com")}\n`,
      })
      const stopped = yield* etl(["--source", source, "--geo", "none", "--max-rejects", "0", "--force"], env)
      assert.strictEqual(stopped.code, 4, stopped.stderr)
      const details = decodeRun((yield* etl(["runs", "1", "--json"], env)).stdout)
      assert.deepInclude(details, { state: "unfinished", exitCode: 4, force: true, finishedAt: null })
      assert.deepStrictEqual(
        details.files.map(({ state }) => state),
        ["loaded", "open", "waiting"],
      )
      assert.deepInclude(details.totals, { read: 2, inserted: 1, rejected: 1 })
      // As a process that was killed leaves it: what is stored of the run is older than what is committed.
      yield* query("update etl_runs set read = 0, inserted = 0, rejected = 0, ended_at = null, exit_code = null")
      assert.deepInclude((yield* listed(env))[0]!.totals, { read: 2, inserted: 1, rejected: 1 })
      const { stdout } = yield* etl(["runs", "1"], env)
      assert.match(stdout, /^Run 1: unfinished, --force$/m)
      assert.deepStrictEqual(
        [...stdout.matchAll(/^(\d\.csv) +(\w+)/gm)].map(([, file, state]) => `${file} ${state}`),
        ["2.csv open", "3.csv waiting", "1.csv loaded"],
      )
    }).pipe(Effect.scoped),
  )

  it.live("says why files failed, and how to resume the run when they are corrected", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({
        "good.csv": `${header}\n${row("a@example.com")}\n`,
        "od'd\u001b[31m.csv": "",
        "od'e.csv": `first,<b>\n`,
      })
      symlinkSync(join(source, "nowhere"), join(source, "link.csv"))
      assert.strictEqual((yield* etl(["--source", source, "--geo", "none"], env)).code, 5)

      const { stdout } = yield* etl(["runs", "1"], env)
      assert.match(stdout, /^Run 1: unfinished$/m)
      assert.deepStrictEqual(
        [...stdout.matchAll(/^(\S+) +(failed|loaded) /gm)].map(([, file, state]) => `${file} ${state}`),
        ["od'd\\u001b[31m.csv failed", "od'e.csv failed", "link.csv failed", "good.csv loaded"],
      )
      const empty = `${source}/od'd\u001b[31m.csv: The file is empty, without even a header. Export it again, or remove it.`
      const link = `${source}/link.csv is a symbolic link to something that does not exist. Remove it.`
      assert.deepInclude(
        stdout.split("\n").filter((line) => line.startsWith("Failed: ")),
        `Failed: ${printable(empty)}`,
      )
      assert.include(
        stdout,
        `\nFailed: ${link}\nFirst correct the files that failed.\nTo resume, run: etl --source ${source} [its other flags]`,
      )

      const { files } = decodeRun((yield* etl(["runs", "1", "--json"], env)).stdout)
      assert.deepStrictEqual(
        files.map(({ uri, state, error }) => [uri, state, error === null]),
        [
          [`${source}/good.csv`, "loaded", true],
          [`${source}/od'd\u001b[31m.csv`, "failed", false],
          [`${source}/od'e.csv`, "failed", false],
          [`${source}/link.csv`, "failed", false],
        ],
      )
      assert.deepStrictEqual([files[1]!.error, files[3]!.error], [empty, link])

      const out = join(yield* temporaryDirectory, "r.html")
      assert.strictEqual((yield* etl(["report", "--out", out], env)).code, 0)
      const { text } = readMarkup(readFileSync(out, "utf8"))
      for (const shown of ["3 files failed", printable(empty), link, "od'e.csv: Header"]) assert.include(text, shown)

      rmSync(join(source, "link.csv"))
      rmSync(join(source, "od'd\u001b[31m.csv"))
      writeFileSync(join(source, "od'e.csv"), `${header}\n${row("b@example.com")}\n`)
      assert.strictEqual((yield* etl(["--source", source, "--geo", "none"], env)).code, 0)
      const corrected = decodeRun((yield* etl(["runs", "1", "--json"], env)).stdout)
      assert.deepInclude(corrected, { state: "finished", attempts: 2, exitCode: 0 })
      assert.deepStrictEqual(
        corrected.files.map(({ state }) => state),
        ["loaded", "gone", "replaced", "loaded"],
      )
      assert.notInclude((yield* etl(["runs", "1"], env)).stdout, "Failed: ")
      assert.strictEqual((yield* etl(["report", "--out", out], env)).code, 0)
      assert.notMatch(readMarkup(readFileSync(out, "utf8")).text, /files? failed/)
    }).pipe(Effect.scoped),
  )

  it.live("shows how files are read that are not plain", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const first = `${header}\n${row("a@example.com")}\n`
      const other = `title\r\n${header.replaceAll(",", ";")}\r\n${row("\u00e9").replaceAll(",", ";")}\r\n`
      const source = yield* directoryOf({
        "1.csv": first,
        "2.csv": Buffer.from(other, "latin1"),
        "3.csv": `${header}\n${row("c@example.com")}\n`,
      })
      // One file after the other: the second one stops the run.
      const flags = ["--geo", "none", "--concurrency", "1", "--encoding", "windows-1252", "--max-rejects"]
      yield* etl(["--source", join(source, "1.csv"), "--geo", "none"], env)
      assert.notInclude((yield* etl(["runs", "1"], env)).stdout, "Format")
      yield* query("delete from etl_files")
      assert.strictEqual((yield* etl(["--source", source, ...flags, "0"], env)).code, 4)
      const { stdout } = yield* etl(["runs", "2"], env)
      assert.match(stdout, /^Format of 1\.csv: windows-1252 \(given\)$/m)
      assert.match(stdout, /^Format of 2\.csv: ';', windows-1252 \(given\), header on line 2$/m)
      assert.notInclude(stdout, "3.csv: ")
      const { files } = decodeRun((yield* etl(["runs", "2", "--json"], env)).stdout)
      const found = { given: ["encoding"], encoding: "windows-1252", byteOrderMark: false, skipLines: null } as const
      assert.deepStrictEqual(
        files.map(({ format }) => format),
        [
          { ...plainFormat, ...found },
          { ...plainFormat, ...found, delimiter: ";", lineEnd: "CRLF", headerLine: 2 },
          null,
        ],
      )
      // As an earlier version left it.
      yield* query("update etl_files set format = null where uri like '%/2.csv'")
      assert.notInclude((yield* etl(["runs", "2"], env)).stdout, "';'")
    }).pipe(Effect.scoped),
  )

  it("shows each format once, in the width of the terminal", () => {
    const now = new Date(2026, 10, 25)
    const fileOf = (name: string, format: Format | null): RunDetails["files"][number] => ({
      uri: `/data/${name}.csv`,
      size: 1,
      state: "loaded",
      format,
      counts: noRecords,
      error: null,
    })
    const semicolons = { ...plainFormat, delimiter: ";" }
    const late = { ...semicolons, encoding: "windows-1252", headerLine: 4 } as const
    const run: RunDetails = {
      runId: 1,
      source: "/data",
      state: "finished",
      cluster: false,
      force: false,
      attempts: 1,
      startedAt: now,
      attemptedAt: now,
      endedAt: now,
      finishedAt: now,
      exitCode: 0,
      milliseconds: null,
      stages: null,
      totals: noRecords,
      files: [
        fileOf("plain", plainFormat),
        fileOf("users\u001b", late),
        fileOf("a", semicolons),
        fileOf("b", { ...semicolons, lineEnd: "CRLF" }),
        fileOf("c", semicolons),
        fileOf("none", null),
      ],
      rejectedFor: [],
    }
    const linesOf = (details: RunDetails, width: number) => {
      const lines = formatRun(details, width, "").split("\n")
      return lines.slice(lines.findIndex((line) => line.startsWith("Format of")))
    }
    assert.deepStrictEqual(linesOf(run, 120), [
      "Format of users\\u001b.csv: ';', windows-1252 (given), header on line 4",
      "Format of a.csv and 2 other files: ';'",
    ])
    assert.deepStrictEqual(linesOf(run, 60), [
      "Format of users\\u001b.csv: ';', windows-1252 (given),",
      "  header on line 4",
      "Format of a.csv and 2 other files: ';'",
    ])
    const many = Array.from({ length: 23 }, (_, index) => fileOf(`${index}`, { ...semicolons, headerLine: index + 2 }))
    const lines = linesOf({ ...run, files: many }, 120)
    assert.lengthOf(lines, 21)
    assert.strictEqual(lines[20], "and 3 other formats: --json lists all")
  })

  it("names the command that resumes it: where the files are, what they are loaded into, why it stopped", () => {
    const now = new Date(2026, 10, 25)
    const run: RunDetails = {
      runId: 1,
      source: "s3://bucket/user activity/",
      state: "unfinished",
      cluster: false,
      force: true,
      attempts: 1,
      startedAt: now,
      attemptedAt: now,
      endedAt: now,
      finishedAt: null,
      exitCode: 4,
      milliseconds: null,
      stages: null,
      totals: noRecords,
      files: [],
      rejectedFor: [],
    }
    const end = (details: RunDetails) => formatRun(details, 80, " --embedded my-data").split("\n").slice(-2)
    assert.deepStrictEqual(end(run), [
      "It stopped at --max-rejects: correct the files, or use a larger --max-rejects.",
      "To resume, run: etl --aws --bucket bucket --source 'user activity/' --force --embedded my-data [its other flags]",
    ])
    assert.notInclude(end({ ...run, state: "finished" }).join(), "To resume")
  })

  it.live("takes no end of an earlier attempt for that of the last, which an earlier version made", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* query(`insert into etl_runs (source, started_at, attempted_at, ended_at, exit_code, finished_at) values
        ('/finished', now() - interval '3 m', now() - interval '1 m', now() - interval '2 m', 4, '2026-01-02 03:04:05'),
        ('/killed', now() - interval '3 m', now(), now() - interval '2 m', 4, null)`)
      yield* query(fileOfEach)
      const [killed, finished] = yield* listed(env)
      assert.deepInclude(finished, { state: "finished", endedAt: null, exitCode: null })
      assert.deepInclude(killed, { state: "unfinished", endedAt: null, exitCode: null })
      assert.match((yield* etl(["runs", "1"], env)).stdout, /^ {2}ended +2026-01-0\d .*; exit code unknown$/m)
      assert.match((yield* etl(["runs", "2"], env)).stdout, /^ {2}ended +unknown: its last attempt/m)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* loading(env, "/killed")
          // As the earlier version begins it.
          yield* query("update etl_runs set ended_at = now() - interval '2 m', exit_code = 4 where id = 3")
          assert.deepInclude((yield* listed(env))[0], { runId: 3, state: "running", exitCode: null })
        }),
      )
    }).pipe(Effect.scoped),
  )

  it.live("shows times of stages only where there are any: a cancelled run has none", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      const none = '{"extract": 0, "transform": 0, "locate": 0, "load": 0}'
      yield* query(
        `insert into etl_runs (source, ended_at, exit_code, milliseconds, stages) values
          ('/some', now(), 130, 1200, jsonb_set($1::jsonb, '{load}', '1100')), ('/none', now(), 130, 1200, $1::jsonb)`,
        [none],
      )
      assert.deepStrictEqual(
        (yield* listed(env)).map(({ stages }) => stages),
        [null, { extract: 0, transform: 0, locate: 0, load: 1100 }],
      )
      assert.match((yield* etl(["runs", "1"], env)).stdout, /\n {2}time {7}1\.2 s\n {4}extract {4}0\.0 s\n/)
      assert.match((yield* etl(["runs", "2"], env)).stdout, /\n {2}time {7}1\.2 s\n {2}read /)
    }).pipe(Effect.scoped),
  )

  it.live("says how many runs there are, and changes nothing", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* query(`insert into etl_runs (source, attempted_at)
        select '/data/' || n, now() - make_interval(hours => n) from generate_series(0, 24) n`)
      const { stdout } = yield* etl(["runs"], env)
      assert.match(stdout, /\/data\/0 [^]*\/data\/19 [^]*The last 20 of 25 runs: --limit 25 shows all$/)
      assert.lengthOf(yield* listed(env), 20)
      assert.lengthOf(yield* listed(env, "--limit", "2"), 2)
      assert.match((yield* etl(["runs", "--limit", "25"], env)).stdout, /\n25 runs$/)
      assert.strictEqual((yield* etl(["runs", "3", "--limit", "2"], env)).code, 2)
      assert.strictEqual((yield* etl(["runs", "0"], env)).code, 2)
    }).pipe(Effect.scoped),
  )

  it.live("says what to do where there is no run, no such run, no table, no server", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const ways = [["runs"], ["runs", "latest"], ["runs", "--json"], ["rejects"], ["report"]]
      const saysNoTables = Effect.forEach(
        ways,
        Effect.fnUntraced(function* (args) {
          const { code, stderr, stdout } = yield* etl(args, env)
          assert.deepStrictEqual([code, stdout], [2, ""])
          assert.match(
            stderr,
            /^The database lacks the tables of this version\. Load files first, .* Run etl --source DIR or etl init, with the same database flags\.$/,
          )
        }),
      )
      yield* saysNoTables
      assert.lengthOf(yield* query("select from pg_tables where schemaname = 'public'"), 0)
      yield* etl(["init"], env)
      const noRun = "The database has no run yet. Load files first. Run etl --source DIR, with the same database flags."
      assert.deepInclude(yield* etl(["runs"], env), { code: 0, stdout: noRun, stderr: "" })
      assert.deepInclude(yield* etl(["runs", "--json"], env), { code: 0, stdout: "[]", stderr: "" })
      for (const args of [["runs", "latest"], ["runs", "7"], ["rejects"], ["report", "--run", "7"]]) {
        assert.deepInclude(yield* etl(args, env), { code: 2, stdout: "", stderr: noRun })
      }
      yield* query("insert into etl_runs (source) values ('/data')")
      for (const args of [
        ["runs", "7"],
        ["rejects", "--run", "7"],
        ["report", "--run", "7"],
      ]) {
        assert.deepInclude(yield* etl(args, env), {
          code: 2,
          stdout: "",
          stderr: "There is no run 7. The latest is 1.",
        })
      }
      yield* query("alter table etl_runs drop column stages")
      yield* saysNoTables
      assert.strictEqual((yield* etl(["runs"], { ...env, DB_PORT: "1" })).code, 6)
    }).pipe(Effect.scoped),
  )

  it.live("reads the embedded database, where nothing is ever under way beside it", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com")}\n` })
      yield* etl(["--source", source, "--geo", "none", "--embedded", folder])
      const { code, stdout, stderr } = yield* etl(["runs", "1", "--embedded", folder])
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^Run 1: finished$/m)
    }).pipe(Effect.scoped),
  )

  it("fits 40 columns, and shows the year of old runs", () => {
    const now = new Date(2026, 10, 25, 17, 20)
    const run: RunRecord = {
      runId: 1234,
      source: "/data/exports/of/user/activity",
      state: "unfinished",
      cluster: false,
      force: false,
      attempts: 2,
      startedAt: now,
      attemptedAt: now,
      endedAt: null,
      finishedAt: null,
      exitCode: null,
      milliseconds: 3_600_000,
      stages: null,
      totals: { ...noRecords, read: 10_000_000, inserted: 10_000_000 },
    }
    const old = { ...run, attemptedAt: new Date(2025, 0, 2), exitCode: 130 }
    assert.strictEqual(
      formatRuns([run, old], 2, 40, now),
      [
        " run  when          state       exit",
        "----  ------------  ----------  ----",
        "1234  Nov 25 17:20  unfinished",
        "1234  Jan  2  2025  unfinished   130",
        "2 runs",
      ].join("\n"),
    )
    const small = { ...run, runId: 3, state: "finished", totals: { ...noRecords, read: 3_000, rejected: 12 } } as const
    assert.strictEqual(
      formatRuns([small], 1, 60, now),
      [
        "run  when          source    state      read  rejected  exit",
        "---  ------------  --------  --------  -----  --------  ----",
        "  3  Nov 25 17:20  /dat…ity  finished  3,000        12",
        "1 run",
      ].join("\n"),
    )
    for (const width of [40, 60, 80, 120]) {
      const lines = formatRuns([run, old], 2, width, now).split("\n")
      assert.isAtMost(Math.max(...lines.map((line) => line.length)), width)
    }
    assert.match(formatRuns([run, old], 2, 80, now), /\/dat…ity {2}unfinished {2}10,000,000 /)
  })
})
