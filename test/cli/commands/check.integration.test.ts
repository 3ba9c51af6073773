import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { migrations } from "../../../src/postgres/migrate.ts"
import { bin } from "../../utils/command.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { fakeIpApi } from "../../utils/ipApi.ts"
import { makeMmdb } from "../../utils/mmdb.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const good = `${header}\n7,Ada,Lovelace,a@example.com,f,8.8.8.8,1/22/2020,2024-05-06,,yes\n`

/** The lines of a check. */
const linesOf = (stdout: string, check: string): ReadonlyArray<string> =>
  stdout.split("\n").flatMap((line) => {
    const [, state, name, text] = /^(ok|note|WRONG|skipped) +(\S+) +(.*)$/.exec(line) ?? []
    return name === check ? [`${state} ${text}`] : []
  })

const onlyLine = (stdout: string, check: string): string => {
  const lines = linesOf(stdout, check)
  assert.lengthOf(lines, 1, stdout)
  return lines[0]!
}

const lastLine = (stdout: string): string => stdout.slice(stdout.lastIndexOf("\n") + 1)

const noProblem = "No problem found. Of each file the beginning was read. To check all records, run: "

describe("etl check", () => {
  it.live("shows what would be rejected, and names the dry run that reads all, with the same flags", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({ "bad.csv": `${header}\n1,,,nobody,,,,,,\n` })
      const logfile = join(yield* temporaryDirectory, "etl.log")
      const { DB_HOST, DB_NAME, DB_PASS, DB_PORT, DB_USER } = env
      const url = `postgres://${DB_USER}:${DB_PASS}@${DB_HOST}:${DB_PORT}/${DB_NAME}`
      const flags = ["--source", source, "--geo=none", "--max-rejects", "0", "--logfile", logfile]
      const ofCluster = ["--cluster", "--split-size", "64M", "--database-url", url]
      const { code, stdout } = yield* etl(["check", ...ofCluster, ...flags], env)
      assert.strictEqual(code, 0, stdout)
      assert.strictEqual(
        onlyLine(stdout, "records"),
        'note bad.csv: 1 of 1 record would be rejected: email is not a valid e-mail address (line 2: "n... (6 characters)")',
      )
      const rejecting = noProblem.replace("found.", "found but records that would be rejected.")
      assert.strictEqual(lastLine(stdout), `${rejecting}etl --database-url URL ${flags.join(" ")} --dry-run`)
      assert.strictEqual((yield* etl([...flags, "--dry-run"], env)).code, 4)
      const without = yield* etl(["check", "--geo", "none", "--dry-run", "--logfile", logfile], env)
      assert.strictEqual(
        lastLine(without.stdout),
        `${noProblem}etl --geo none --logfile ${logfile} --source PATH --dry-run`,
      )
    }).pipe(Effect.scoped),
  )

  it.live("finds no problem where all is there, asks no service and writes nothing", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const source = yield* directoryOf({ "1.csv": good, "2.csv": `${header}\n` })
      const settings = { ...env, IP_API_URL: service.url }
      const tables = () =>
        query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'")
      const before = yield* etl(["check", "--source", source], settings)
      assert.strictEqual(before.code, 0, before.stdout + before.stderr)
      assert.strictEqual(onlyLine(before.stdout, "tables"), "ok none yet: the first run creates them")
      assert.lengthOf(yield* tables(), 0)

      yield* etl(["init"], env)
      yield* query(
        "insert into etl_permits (provider, granted_at, lasts) values ($1, now(), '15 s'), ($1, now() - interval '2 min', '15 s')",
        [new URL(service.url).host],
      )
      const { code, logText, stderr, stdout } = yield* etl(["check", "--source", source, "--geo", "ip-api"], settings)
      assert.strictEqual(code, 0, stdout)
      assert.strictEqual(stderr + logText, "")
      assert.match(onlyLine(stdout, "database"), /^ok PostgreSQL test_\w+ at 127\.0\.0\.1:\d+$/)
      assert.strictEqual(onlyLine(stdout, "tables"), "ok ready")
      assert.strictEqual(onlyLine(stdout, "mapping"), "ok ./column_mappings.json: 10 headers")
      assert.match(onlyLine(stdout, "source"), /^ok 2 files, \d+ bytes, in /)
      assert.strictEqual(onlyLine(stdout, "headers"), "ok all 2 headers fit the mapping")
      assert.strictEqual(onlyLine(stdout, "quota"), "ok 1 of 15 requests used in the last minute")
      assert.deepStrictEqual(linesOf(stdout, "ip-api"), [
        "ok 127.0.0.1; no request is sent",
        `note in a run, addresses are sent to ${new URL(service.url).host} by plain HTTP; --geo mmdb keeps them on this machine`,
      ])
      assert.strictEqual(
        lastLine(stdout),
        `${noProblem}etl --source ${source} --geo ip-api --logfile ${/logfile +(\S+)/.exec(stdout)![1]} --dry-run`,
      )
      assert.lengthOf(service.requests, 0)
      assert.deepStrictEqual(yield* query("select count(*)::int as n from etl_permits"), [{ n: 2 }])

      yield* query("update etl_permits set answered_at = now(), remaining = 0, resets_in = '30 s'")
      const exhausted = yield* etl(["check"], settings)
      assert.match(
        onlyLine(exhausted.stdout, "quota"),
        /^note 2 of 15 requests .*allows none for another (29|30)\.\d s$/,
      )
      assert.strictEqual(exhausted.code, 0)
    }).pipe(Effect.scoped),
  )

  it.live("prints a line for each problem of a mapping", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const text = '{\n  "Mail": "mail",\n  "Joined": { "column": "created_at", "format": "?" }\n}'
      const mapping = join(yield* directoryOf({ "m.json": text }), "m.json")
      const { code, stdout } = yield* etl(["check", "--geo", "none", "--mapping", mapping], env)
      assert.strictEqual(code, 2)
      const lines = linesOf(stdout, "mapping")
      assert.isAbove(lines.length, 2)
      assert.include(lines, `WRONG ${mapping}: line 2: "Mail": "mail" is not a column`)
      assert.isTrue(lines.some((line) => line.startsWith(`WRONG ${mapping}: line 3: "Joined": format is "?"`)))
      assert.strictEqual(lastLine(stdout), `${lines.length} problems found.`)
    }).pipe(Effect.scoped),
  )

  it.live("makes all checks whatever fails, and exits as the gravest: 6, 5, 2", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const nowhere = ["check", "--mapping", "no.json", "--geo", "mmdb", "--geo-db", "no.mmdb", "--source", "/no/where"]
      const all = yield* etl(nowhere, { ...env, DB_PORT: "1" })
      assert.strictEqual(all.code, 6)
      assert.match(onlyLine(all.stdout, "database"), /^WRONG Cannot connect .* no server listens there/)
      assert.match(onlyLine(all.stdout, "tables"), /^skipped/)
      assert.match(onlyLine(all.stdout, "mapping"), /^WRONG no\.json cannot be read/)
      assert.match(onlyLine(all.stdout, "source"), /^WRONG \/no\/where does not exist/)
      assert.match(onlyLine(all.stdout, "mmdb"), /^WRONG no\.mmdb does not exist/)
      assert.match(all.stdout, /\n4 problems found\.$/)

      const files = yield* etl(nowhere, env)
      assert.strictEqual(files.code, 5, files.stdout)
      const settings = yield* etl(nowhere.slice(0, -2), env)
      assert.strictEqual(settings.code, 2, settings.stdout)
      assert.match(onlyLine(settings.stdout, "source"), /^skipped none given/)

      const twice = yield* etl(
        ["check", "--source", "", "--embedded", "x", "--database-url", "postgres://u:s3cret@h/d", "--geo-db", "y"],
        env,
      )
      assert.deepStrictEqual([twice.code, twice.stdout], [2, ""])
      assert.match(twice.stderr, /--source is empty/)
      assert.match(twice.stderr, /name two databases/)
      assert.match(twice.stderr, /--geo-db requires --geo mmdb/)
      const url = yield* etl(["check", "--geo", "ip-api", "--logfile", "/no/where/etl.log"], {
        ...env,
        IP_API_URL: "ftp://x",
      })
      assert.strictEqual(url.code, 2)
      assert.match(onlyLine(url.stdout, "ip-api"), /^WRONG .*must begin with http.*IP_API_URL/)
      assert.match(onlyLine(url.stdout, "log"), /^WRONG .*--logfile/)
      const quota = yield* etl(["check", "--ip-api-quota", "16"], env)
      assert.strictEqual(quota.code, 2)
      assert.match(onlyLine(quota.stdout, "flags"), /^WRONG .*require a key/)
      assert.notInclude(twice.stdout + twice.stderr + all.stdout, "s3cret")
    }).pipe(Effect.scoped),
  )

  it.live("prints one JSON object with --json: settings, what was found, and the exit code", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({ "1\u009b.csv": "first,last\n" })
      const bad = yield* etl(["check", "--json", "--source", source, "--geo", "none"], { ...env, DB_PORT: "1" })
      assert.deepStrictEqual([bad.code, bad.stderr], [6, ""])
      assert.notMatch(bad.stdout, /[\n\u009b]/)
      const { exitCode, findings, settings } = JSON.parse(bad.stdout)
      assert.strictEqual(exitCode, 6)
      assert.deepInclude(settings, { name: "source", value: source, from: "--source" })
      assert.deepInclude(settings, { name: "database port", value: "1", from: "DB_PORT (environment)" })
      assert.deepInclude(findings, { check: "flags", state: "ok", text: "consistent", exitCode: 0 })
      const found = (check: string) => findings.find((finding: { check: string }) => finding.check === check)
      assert.deepInclude(found("database"), { state: "wrong", exitCode: 6 })
      assert.deepInclude(found("tables"), { state: "skipped", exitCode: 0 })
      assert.deepInclude(found("headers"), { state: "wrong", exitCode: 5 })
      assert.include(found("headers").text, "1\u009b.csv")

      const good = yield* etl(["check", "--json", "--geo", "none"], env)
      assert.deepStrictEqual([good.code, JSON.parse(good.stdout).exitCode], [0, 0])
    }).pipe(Effect.scoped),
  )

  it.live("names the files whose header does not fit, and what would be rejected of the others", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const bad = Array.from({ length: 13 }, (_, index) => [`bad${index}.csv`, "id;email\n1;2\n"] as const)
      const source = yield* directoryOf({
        ...Object.fromEntries(bad),
        "empty.csv": "",
        "good.csv": `${good}1,"x"y\n`,
        "zip.csv": Buffer.from("PK\u0003\u0004"),
      })
      const { code, stdout } = yield* etl(["check", "--source", source, "--geo", "none"], env)
      assert.strictEqual(code, 5)
      const lines = linesOf(stdout, "headers")
      const wrong = lines.filter((line) => line.startsWith("WRONG"))
      assert.lengthOf(wrong, 11)
      assert.match(wrong[0]!, /^WRONG .*bad0\.csv: .*--mapping/)
      assert.strictEqual(wrong[10], "WRONG 5 other files cannot be read either")
      assert.strictEqual(lines[1], 'note bad0.csv: The header has "id", "email".')
      assert.match(onlyLine(stdout, "records"), /^note good\.csv: 1 of 2 records would be rejected: .*\(line 3\)$/)
      const semicolons = yield* etl(["check", "--source", join(source, "good.csv"), "--geo", "none"], env)
      assert.strictEqual(onlyLine(semicolons.stdout, "headers"), "ok the file's header fits the mapping")
    }).pipe(Effect.scoped),
  )

  it.live("an old .mmdb file is reported, but is no failure", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const networks = [["8.8.8.0/24", { latitude: 1, longitude: 2 }]] as const
      const build = (days: number) => BigInt(Math.floor(Date.now() / 1000) - days * 86_400)
      const files = yield* directoryOf({
        "new.mmdb": makeMmdb({ ipVersion: 4, recordSize: 24, networks, buildEpoch: build(3) }),
        "old.mmdb": makeMmdb({ ipVersion: 4, recordSize: 24, networks, buildEpoch: build(200) }),
      })
      const named = ["new.mmdb", "old.mmdb"].flatMap((name) => ["--geo-db", join(files, name)])
      const { code, stdout } = yield* etl(["check", "--geo", "mmdb", ...named], env)
      assert.strictEqual(code, 0, stdout)
      const [young, old] = linesOf(stdout, "mmdb")
      assert.match(young!, /^ok new\.mmdb: built on 20\d\d-\d\d-\d\d, 3 days ago$/)
      assert.match(old!, /^note old\.mmdb: .* 200 days ago; some places will be wrong\. Download newer files\.$/)
    }).pipe(Effect.scoped),
  )

  it.live("reports what the database user may not do, what is gone, what is another system's", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const tables = Effect.map(
        etl(["check", "--geo", "none"], env),
        ({ code, stdout }) => `${code} ${onlyLine(stdout, "tables")}`,
      )
      yield* query("create table users (email text)")
      assert.match(yield* tables, /^0 note there is a users table of another system/)
      yield* query("drop table users")
      yield* etl(["init"], env)
      yield* query("drop table etl_rejects")
      assert.match(yield* tables, /^6 WRONG missing: etl_rejects\. They were created before/)
      yield* query("create table etl_rejects ()")
      yield* query("delete from etl_migrations where migration_id > 5")
      assert.match(
        yield* tables,
        new RegExp(`^0 ok the next run upgrades them \\(${Object.keys(migrations).length - 5} migrations\\)$`),
      )
      yield* query("insert into etl_migrations (migration_id, name) values (99, 'later')")
      assert.match(yield* tables, /^0 note a later version/)

      yield* query("delete from etl_migrations where migration_id = 99")
      const role = `reader_${env["DB_NAME"]}`
      yield* query(`create role ${role} login password 'p'`)
      yield* query(`grant select on all tables in schema public to ${role}`)
      const reader = yield* etl(["check", "--geo", "none"], { ...env, DB_USER: role, DB_PASS: "p" })
      assert.strictEqual(reader.code, 6)
      assert.match(
        onlyLine(reader.stdout, "tables"),
        /lacks update on etl_migrations, insert on users, update on users, .*create in schema public: grant it$/,
      )
      yield* query(`revoke select on etl_migrations from ${role}`)
      const stranger = yield* etl(["check", "--geo", "none"], { ...env, DB_USER: role, DB_PASS: "p" })
      assert.match(onlyLine(stranger.stdout, "tables"), /lacks select on etl_migrations, update on etl_migrations, /)
      yield* query(`alter role ${role} set default_transaction_read_only = on`)
      const standby = yield* etl(["check", "--geo", "none"], { ...env, DB_USER: role, DB_PASS: "p" })
      assert.match(linesOf(standby.stdout, "tables")[0]!, /accepts no writes/)
    }).pipe(Effect.scoped),
  )

  it.live("makes no embedded folder, and looks into one that is there", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const absent = join(directory, "a", "pgdata")
      const first = yield* etl(["check", "--geo", "none", "--embedded", absent])
      assert.strictEqual(first.code, 0, first.stdout)
      assert.match(onlyLine(first.stdout, "database"), /^ok embedded, in .*pgdata: the first run creates the folder$/)
      assert.deepStrictEqual(readdirSync(directory), [])
      const nowhere = yield* etl(["check", "--geo", "none", "--embedded", "/dev/null/a/pgdata"])
      assert.strictEqual(nowhere.code, 6, nowhere.stdout)
      assert.match(onlyLine(nowhere.stdout, "database"), /cannot be created in \/dev\/null\. .*--embedded DIR$/)
      const folder = yield* freshFolder
      const { code, stdout } = yield* etl(["check", "--geo", "none", "--embedded", folder])
      assert.strictEqual(code, 0, stdout)
      assert.match(onlyLine(stdout, "tables"), /none yet/)
      const other = yield* directoryOf({ "x.txt": "" })
      assert.strictEqual((yield* etl(["check", "--geo", "none", "--embedded", other])).code, 6)
    }).pipe(Effect.scoped),
  )

  it.live("says which setting came from where, and hides what is secret", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({
        ".env":
          "DB_HOST=127.0.0.1\nDB_PORT=1\nDB_PASS=s3cret-a\nIP_API_KEY=s3cret-b\nIP_API_URL=https://u.example/batch?t=s3cret-c\n",
        "1.csv": good,
      })
      const run = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
        spawnSync(process.execPath, [bin(), "check", ...args], {
          cwd: directory,
          encoding: "utf8",
          env: { PATH: process.env["PATH"], ...env },
        })
      const { status, stderr, stdout } = run(["--source=.", "--chunksize", "1000"], { DB_PORT: "2" })
      assert.strictEqual(status, 6, stdout + stderr)
      const rows = Object.fromEntries(
        Array.from(stdout.matchAll(/^(\S+(?: \S+)*) {2,}(\S+) {2,}(.+)$/gm), ([, name, value, from]) => [
          name,
          [value, from],
        ]),
      )
      assert.deepInclude(rows, {
        source: [".", "--source"],
        chunksize: ["1000", "--chunksize"],
        "max-rejects": ["10%", "default"],
        "database host": ["127.0.0.1", "DB_HOST (.env)"],
        "database port": ["2", "DB_PORT (environment)"],
        "database name": ["user_activity", "default"],
        "database password": ["***", "DB_PASS (.env)"],
        IP_API_KEY: ["***", "IP_API_KEY (.env)"],
        IP_API_URL: ["https://u.example/batch", "IP_API_URL (.env)"],
      })
      assert.match(onlyLine(stdout, "headers"), /^skipped/)
      assert.deepStrictEqual(readdirSync(directory).toSorted(), [".env", "1.csv"])

      const flag = run(["--database-url", "postgres://me:s3cret-d@127.0.0.1:3/other", "--geo", "none"])
      assert.match(flag.stdout, /^database port +3 +--database-url$/m)
      assert.match(flag.stdout, /^database password +\*\*\* +--database-url$/m)
      for (const text of [stdout, stderr, flag.stdout, flag.stderr]) assert.notInclude(text, "s3cret")
    }).pipe(Effect.scoped),
  )
})
