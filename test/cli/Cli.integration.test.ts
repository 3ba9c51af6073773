import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { freshFolder } from "../utils/embedded.ts"
import { behaviours, fakeIpApi, placeOf } from "../utils/ipApi.ts"
import { makeMmdb } from "../utils/mmdb.ts"
import { S3Server } from "../utils/s3.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string, address: string, day = "2024-05-06") =>
  `7,"Ada, A",Lovelace,${email},f,${address},1/22/2020,${day},${"a1".repeat(32)},yes`

/** A file of users a, b, c, ... with these addresses. */
const withAddresses = (...addresses: ReadonlyArray<string>): string =>
  [header, ...addresses.map((address, index) => row(`${"abcdef"[index]}@example.com`, address))].join("\n")

describe("etl", () => {
  it.live("loads ./input with the old flags, with and without `run`, and says when nothing is left to do", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const args = ["--source", "./input/", "--chunksize", "1000", "--geo", "mmdb"]
      const first = yield* etl(args, env)
      assert.strictEqual(first.code, 0, first.stderr)
      assert.match(first.stdout, /3 files loaded/)
      assert.match(first.stdout, /read +3,000/)
      const [counts] = yield* query<{ users: number; located: number; countries: number }>(`
        select count(*)::int as users, count(latitude)::int as located, count(distinct country)::int as countries from users`)
      assert.isAbove(counts!.located, counts!.users * 0.8)
      assert.isAbove(counts!.countries, 30)

      const second = yield* etl(["run", ...args], env)
      assert.strictEqual(second.code, 0)
      assert.match(second.stdout, /already loaded/)
    }).pipe(Effect.scoped),
  )

  it.live("loads the files of a folder that are exports, whatever compresses them, and tells what is left out", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const names = query<{ name: string }>("select split_part(email, '@', 1) as name from users order by 1").pipe(
        Effect.map((users) => users.map(({ name }) => name)),
      )
      const csvOf = (name: string) => `${header}\n${row(`${name}@example.com`, "8.8.8.8")}\n`
      const source = yield* directoryOf({
        "._users.csv": Buffer.from("Mac OS X\0"),
        ".hidden.csv": csvOf("hidden"),
        "empty.csv": "",
        "export.txt": csvOf("txt"),
        "gzip.csv": gzipSync(csvOf("gzip")),
        "last.CSV.GZ": gzipSync(csvOf("last")),
        noext: csvOf("noext"),
        "older.csv.zip": csvOf("zip"),
        "plain.csv.gz": csvOf("plain"),
        "tabs.tsv": zstdCompressSync(
          `${header}\n7,Ada,Lovelace,tsv@example.com,f,8.8.8.8,1/22/2020,2024-05-06,,yes\n`.replaceAll(",", "\t"),
        ),
        "users.csv.crdownload": csvOf("crdownload"),
        "users.csv.zst": zstdCompressSync(csvOf("zst")),
        "~$users2.csv": csvOf("lock"),
      })
      mkdirSync(join(source, "dt=2024-01-01"))
      writeFileSync(join(source, "dt=2024-01-01", "part.csv"), csvOf("part"))
      const flags = ["--source", source, "--geo", "none"]
      const { code, log, stderr, stdout } = yield* etl(flags, env)
      assert.strictEqual(code, 5)
      assert.match(stdout, /5 files loaded, 1 failed/, stdout)
      const notices = [
        "Left out: dt=2024-01-01/, export.txt, noext. Without a pattern only .csv and .tsv files, also with .gz or .zst, are loaded. --pattern '**/!(*.zip)' takes them.",
        "Left out: older.csv.zip. Unpack archives first.",
      ]
      assert.deepStrictEqual(
        stderr.split("\n").filter((line) => line.startsWith("Left out")),
        notices,
      )
      assert.notInclude(stderr, "hidden")
      const skipped =
        "Skipped hidden files, lock files or partial downloads: ._users.csv, .hidden.csv, users.csv.crdownload and 1 more."
      assert.deepInclude(
        log.map(({ level, message, step }) => ({ level, message, step })),
        { level: "DEBUG", message: skipped, step: "Extract" },
      )
      const loaded = ["gzip", "last", "plain", "tsv", "zst"]
      assert.deepStrictEqual(yield* names, loaded)
      // Whatever its name, and as one file: nothing is left out.
      const one = yield* etl(["--source", join(source, "export.txt"), "--geo", "none"], env)
      assert.strictEqual(one.code, 0)
      assert.notInclude(one.stderr, "Left out")
      const checked = yield* etl(["check", ...flags], env)
      for (const notice of notices) assert.include(checked.stdout, `note     source    ${notice}`)
      assert.match(checked.stdout, /^note +source +Skipped hidden files/m)
      assert.strictEqual(checked.stderr, "")

      // The flag that was advised.
      const all = yield* etl([...flags, "--pattern", "**/!(*.zip)"], env)
      assert.strictEqual(all.code, 5)
      assert.notInclude(all.stderr, "Left out")
      assert.match(all.stdout, /^Run 3: 2 files loaded, 6 already loaded, 1 failed$/m)
      assert.deepStrictEqual(yield* names, [...loaded, "txt", "noext", "part"].toSorted())
    }).pipe(Effect.scoped),
  )

  it.live("loads the files of a pattern: another pattern is another run, and loads the others", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const source = yield* directoryOf({ "root.csv": withAddresses("8.8.8.8") })
      for (const [folder, address] of [
        ["dt=1", "8.8.8.1"],
        ["dt=2", "8.8.8.2"],
      ] as const) {
        mkdirSync(join(source, folder))
        writeFileSync(join(source, folder, "a.csv"), `${header}\n${row(`${folder}@example.com`, address)}\n`)
      }
      const bad = join(source, "dt=1", "bad.csv")
      writeFileSync(bad, "")
      const run = (pattern: string) => etl(["--source", source, "--geo", "none", "--pattern", pattern], env)
      const first = yield* run("dt=1/*.csv")
      assert.strictEqual(first.code, 5, first.stderr)
      const second = yield* run("dt=*/**/*.csv")
      assert.match(second.stdout, /^Run 2: 1 file loaded, 1 already loaded, 1 failed$/m)
      assert.deepStrictEqual(yield* query("select email from users order by email"), [
        { email: "dt=1@example.com" },
        { email: "dt=2@example.com" },
      ])

      // The run says how to resume it.
      const shown = yield* etl(["runs", "1"], env)
      assert.include(shown.stdout, `\nTo resume, run: etl --source ${source}/ --pattern 'dt=1/*.csv' [its other flags]`)
      writeFileSync(bad, withAddresses("8.8.8.8"))
      const resumed = yield* etl(["--source", `${source}/`, "--pattern", "dt=1/*.csv", "--geo", "none"], env)
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.match(resumed.stdout, /^Run 1, attempt 2: 2 files loaded$/m)

      const checked = yield* etl(["check", "--source", source, "--pattern", "dt=*/a.csv", "--geo", "none"], env)
      assert.match(checked.stdout, /^pattern +dt=\*\/a\.csv +--pattern$/m)
      assert.match(checked.stdout, /^ok +source +2 files, .* in \S+\/\.\/dt=\*\/a\.csv$/m)
    }).pipe(Effect.scoped),
  )

  it.live.each([
    ["", ".", /^--pattern is empty: expected a pattern of paths below the source, such as/],
    [
      "/data/*.csv",
      ".",
      /^Invalid value "\/data\/\*\.csv" for --pattern: expected a pattern of paths below the source/,
    ],
    ["../*.csv", ".", /^Invalid value "\.\.\/\*\.csv" for --pattern/],
    [
      "*.csv",
      "package.json",
      /package\.json is no directory: a pattern takes files of a directory\. Omit the pattern\.$/m,
    ],
  ] as const)("refuses the pattern %j of %s", ([pattern, source, expected]) =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { code, stderr } = yield* etl(["--source", source, "--pattern", pattern, "--geo", "none"], env)
      assert.strictEqual(code, 2)
      assert.match(stderr, expected)
    }).pipe(Effect.scoped),
  )

  it.live("loads from S3, anonymously, only the keys of the prefix", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const s3 = yield* S3Server
      yield* s3.makeBucket("em-datasets")
      yield* s3.put("em-datasets", "user_activity_1.csv", `${header}\n${row("a@example.com", "8.8.8.8")}\n`)
      const zipped = gzipSync(`${header}\n${row("b@example.com", "8.8.8.8")}\n`)
      yield* s3.put("em-datasets", "user_activity/2.CSV.GZ", zipped)
      yield* s3.put("em-datasets", "user_activity.txt", "no")
      yield* s3.put("em-datasets", "other.csv", "no")
      const args = ["--source", "user_activity", "--aws", "--bucket", "em-datasets", "--chunksize", "1000"]
      const loaded = yield* etl([...args, "--endpoint", s3.endpoint, "--geo", "none"], env)
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.deepStrictEqual(yield* query("select email from users order by email"), [
        { email: "a@example.com" },
        { email: "b@example.com" },
      ])
    }).pipe(Effect.provide(S3Server.layer), Effect.scoped),
  )

  it.live("locates by the service, asks each address once, and leaves the rest queued when it is down", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const located = { ...env, IP_API_URL: service.url }
      const source = yield* directoryOf({ "1.csv": withAddresses("8.8.8.8", "8.8.8.8", "10.1.1.1") })
      service.script(behaviours.status(403))
      const down = yield* etl(["--source", source], located)
      assert.strictEqual(down.code, 7, down.stderr)
      assert.match(down.stdout, /inserted +3/)
      assert.match(down.stdout, /1 pending/)
      assert.strictEqual(service.requests.length, 1)

      const up = yield* etl(["--source", source], located)
      assert.strictEqual(up.code, 0, up.stderr)
      const place = placeOf("8.8.8.8")
      assert.deepStrictEqual(yield* query("select city, latitude, timezone from users order by email"), [
        { city: place.city, latitude: place.latitude, timezone: place.timezone },
        { city: place.city, latitude: place.latitude, timezone: place.timezone },
        { city: null, latitude: null, timezone: null },
      ])
      const forced = yield* etl(["--source", source, "--force"], located)
      assert.strictEqual(forced.code, 0, forced.stderr)
      assert.deepStrictEqual(
        service.requests.slice(1).map(({ addresses }) => addresses),
        [["8.8.8.8"]],
      )
    }).pipe(Effect.scoped),
  )

  it.live("requests count in the database, by key, which is not printed; if they cannot be counted, it exits 6", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const source = yield* directoryOf({ "1.csv": [header, row("a@example.com", "8.8.8.8")].join("\n") })
      const run = yield* etl(["--source", source], { ...env, IP_API_URL: service.url })
      assert.strictEqual(run.code, 0, run.stderr)
      const permits = "select provider, answered_at is not null as answered, remaining from etl_permits order by id"
      const { host } = new URL(service.url)
      const free = { provider: host, answered: true, remaining: 14 }
      assert.deepStrictEqual(yield* query(permits), [free])

      yield* query("truncate ip_locations")
      const key = "a-key-that-is-paid-for"
      const paid = yield* etl(["--source", source, "--force"], { ...env, IP_API_URL: service.url, IP_API_KEY: key })
      assert.strictEqual(paid.code, 0, paid.stderr)
      const provider = `${host} ${createHash("sha256").update(key).digest("hex").slice(0, 8)}`
      assert.deepStrictEqual(yield* query(permits), [free, { provider, answered: true, remaining: 13 }])

      yield* query("truncate ip_locations")
      yield* query("drop table etl_permits")
      const uncounted = yield* etl(["--source", source, "--force"], { ...env, IP_API_URL: service.url })
      assert.strictEqual(uncounted.code, 6, uncounted.stderr)
      assert.include(uncounted.stderr, "etl_permits")
      assert.strictEqual(service.requests.length, 2)
    }).pipe(Effect.scoped),
  )

  it.live("a local database first, the service for what it does not know", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const place = { latitude: 1.5, longitude: 2.5, country_code: "FR", city: "Here" }
      const source = yield* directoryOf({
        "1.csv": withAddresses("8.8.8.8", "9.9.9.9"),
        "city.mmdb": makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["8.8.8.0/24", place]] }),
      })
      const run = yield* etl(["--source", source, "--geo", "mmdb,ip-api", "--geo-db", join(source, "city.mmdb")], {
        ...env,
        IP_API_URL: service.url,
      })
      assert.strictEqual(run.code, 0, run.stderr)
      assert.deepStrictEqual(
        service.requests.map(({ addresses }) => addresses),
        [["9.9.9.9"]],
      )
      assert.deepStrictEqual(yield* query("select country from users order by email"), [
        { country: "France" },
        { country: placeOf("9.9.9.9").country },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("reads the column mapping: every header renamed, in another order, with spaces and capitals", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const original = JSON.parse(readFileSync("column_mappings.json", "utf8")) as Record<string, string>
      const renamed = (name: string) => ` The ${name.toUpperCase().replace("_", " ")}`
      const columns = Object.keys(original).toReversed()
      const values: Record<string, string> = { email: "A@EXAMPLE.COM", id: "x-1", status: "N", created_at: "3/24/2021" }
      const directory = yield* directoryOf({
        "1.csv": `${columns.map((column) => `"${renamed(column)} "`).join(",")}\n${columns.map((column) => values[column] ?? "").join(",")}\n`,
        "mapping.json": JSON.stringify(
          Object.fromEntries(Object.entries(original).map(([header, column]) => [renamed(header), column])),
        ),
      })
      const run = yield* etl(
        ["--source", directory, "--mapping", join(directory, "mapping.json"), "--geo", "none"],
        env,
      )
      assert.strictEqual(run.code, 0, run.stderr)
      assert.deepStrictEqual(yield* query("select email, source_id, status, created_at::text, first_name from users"), [
        { email: "a@example.com", source_id: "x-1", status: false, created_at: "2021-03-24", first_name: null },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("rejects are kept and reported (3), an unreadable file is named (5), the others are loaded", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const bad = `${header}\n${row("a@example.com", "8.8.8.8")}\n1,"x"y\n${row("nobody", "1.2.3")}\n`
      const source = yield* directoryOf({ "1.csv": bad })
      const rejected = yield* etl(["--source", source, "--geo", "none"], env)
      assert.strictEqual(rejected.code, 3, rejected.stderr)
      assert.match(rejected.stderr, /^1\.csv: 3 records, 2 rejects$/m)
      assert.match(rejected.stderr, /^1 record rejected: text after a closing quote, at 1\.csv:3$/m)
      assert.deepStrictEqual(yield* query("select line::int, reasons from etl_rejects order by line"), [
        { line: 3, reasons: [{ column: null, message: "text after a closing quote" }] },
        {
          line: 4,
          reasons: [
            { column: "email", value: "nobody", message: "is not a valid e-mail address" },
            { column: "ip_address", value: "1.2.3", message: "is not an IPv4 or IPv6 address" },
          ],
        },
      ])
      const broken = yield* directoryOf({
        "1.csv": "id;email\n1;a@example.com\n",
        "2.csv": `${header}\n${row("b@example.com", "8.8.8.8")}\n`,
        "3.csv.gz": gzipSync(`${header}\n${row("c@example.com", "8.8.8.8")}\n`).subarray(0, 60),
      })
      const failed = yield* etl(["--source", broken, "--geo", "none"], env)
      assert.strictEqual(failed.code, 5)
      assert.match(failed.stdout, /1 file loaded, 2 failed/)
      assert.match(failed.stderr, /1\.csv: .*--mapping/)
      assert.match(failed.stderr, /3\.csv\.gz/)
      assert.deepStrictEqual(yield* query("select email from users where email = 'b@example.com'"), [
        { email: "b@example.com" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("stops (4) at more rejects than --max-rejects, a share of the records once 1,000 are read", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      // The first 500 records are bad; 10% of 5,000 are, and of 5,000 no more.
      const rows = Array.from({ length: 5_000 }, (_, user) => row(user < 500 ? "nobody" : `u${user}@example.com`, ""))
      const source = yield* directoryOf({ "1.csv": [header, ...rows].join("\n"), "2.csv": header })
      const args = ["--source", source, "--geo", "none", "--chunksize", "250"]
      const stopped = yield* etl(args, env)
      assert.strictEqual(stopped.code, 4, stopped.stderr)
      assert.match(stopped.stdout, /read +1,000[^]*rejected +500/)
      assert.match(
        stopped.stderr,
        /stopped: 500 of 1,000 records rejected, more than 10%; 1\.csv: line 2: email is not/,
      )
      assert.match(stopped.stdout, /--max-rejects 10% allows[^]*What was read is committed/)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 500 }])
      const again = yield* etl([...args, "--max-rejects", "499"], env)
      assert.strictEqual(again.code, 4, again.stderr)
      assert.match(again.stdout, /read +1,000/)
      const finished = yield* etl([...args, "--max-rejects", "500"], env)
      assert.strictEqual(finished.code, 3, finished.stderr)
      assert.match(finished.stdout, /read +5,000[^]*rejected +500/)
    }).pipe(Effect.scoped),
  )

  it.live("counts a record in one run, also where another run takes its file", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const rows = ["nobody", "a@example.com", "nobody", "b@example.com"].map((email) => row(email, ""))
      const source = yield* directoryOf({ "1.csv": [header, ...rows].join("\n") })
      const flags = ["--geo", "none", "--chunksize", "2", "--max-rejects"]
      assert.deepInclude(yield* etl(["--source", source, ...flags, "0"], env), { code: 4 })
      assert.deepInclude(yield* etl(["--source", join(source, "1.csv"), ...flags, "2"], env), { code: 3 })
      assert.deepStrictEqual(yield* query("select read::int, rejected::int from etl_runs order by id"), [
        { read: 0, rejected: 0 },
        { read: 4, rejected: 2 },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("judges a share of fewer records not at all", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const rows = Array.from({ length: 998 }, () => row("nobody", ""))
      const source = yield* directoryOf({ "1.csv": [header, row("a@example.com", ""), ...rows].join("\n") })
      const { code, stdout } = yield* etl(["--source", source, "--geo", "none", "--chunksize", "100"], env)
      assert.strictEqual(code, 3)
      assert.match(stdout, /rejected +998/)
    }).pipe(Effect.scoped),
  )

  it.live("the log has one JSON object a line, with step, run and counts, and no secret", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const password = "p4ssw0rd-of-a-user"
      const source = yield* directoryOf({
        "od\nd.csv": `${header}\n1,A,B,a@example.com,,8.8.8.8,,,${password},\n1,A,B,bad,,8.8.8.8,,,${password},\n`,
      })
      const args = ["run", "--log-level", "debug", "--source", source, "--geo", "none"]
      const { log, logText, code } = yield* etl(args, env)
      assert.strictEqual(code, 3)
      for (const line of log) {
        assert.containsAllKeys(line, ["time", "level", "step", "message"])
        assert.include(["Extract", "Transform", "Locate", "Load", "ETL"], line["step"])
      }
      const loaded = log.find(({ message }) => message === "chunk committed")
      assert.deepInclude(loaded, { step: "Load", run: 1, read: 2, inserted: 1, rejected: 1 })
      assert.notInclude(logText, password)
      assert.notInclude(logText, env["DB_PASS"]!)
    }).pipe(Effect.scoped),
  )

  it.live("loads into the embedded database, and finds it loaded the next time", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com", "8.8.8.8")}\n` })
      const args = ["--source", source, "--geo", "none", "--embedded", folder]
      const first = yield* etl(args)
      assert.strictEqual(first.code, 0, first.stderr)
      assert.match(first.stdout, /inserted +1/)
      const again = yield* Effect.all([etl(args), etl(args)], { concurrency: 2 })
      const [second, refused] = again.toSorted((left, right) => left.code - right.code)
      assert.strictEqual(second!.code, 0, second!.stderr)
      assert.match(second!.stdout, /The file is already loaded/)
      assert.strictEqual(refused!.code, 6, refused!.stdout)
      assert.match(refused!.stderr, /in use/)
    }).pipe(Effect.scoped),
  )
})

describe("etl, used wrongly", () => {
  it.live.each([
    [["--chunksize", "5"], "--source"],
    [["--source", "x", "--chunksize", "0"], 'Invalid value "0" for --chunksize:'],
    [["--source", "x", "--chunksize", "100001"], "1 to 100000"],
    [["--source", "x", "--chunksize", "many"], "1 to 100000"],
    [["--source", "x", "--max-record-size", "1023"], "1024 to 8388608"],
    [["--source", "x", "--max-rejects", "many"], "a percentage up to 100%"],
    [["--source", ""], "--source is empty"],
    [["--source", "x", "--delimiter", "ab"], 'Invalid value "ab" for --delimiter:'],
    [["--source", "x", "--geo", "maxmind"], "ip-api, mmdb, none"],
    [["--source", "x", "--geo", "none,mmdb"], "--geo"],
    [["--source", "x", "--locate-for", "soon"], "90s, 30m, 12h or 7d"],
    [["--source", "x", "--ip-api-quota", "0"], "1 to 100000"],
    [["--source", "input", "--ip-api-quota", "16"], "require a key (IP_API_KEY)"],
    [["locate", "--geo", "none"], "--geo none locates nothing"],
    [["--source", "x", "--colour"], "--colour"],
    [["--source", "x", "--bucket", "b"], "--bucket requires --aws: add it"],
    [["--source", "x", "--sign"], "--sign requires --aws: add it"],
    [["--source", "x", "--aws"], "--aws requires --bucket"],
    [["--source", "x", "--geo", "none", "--geo-db", "y.mmdb"], "--geo-db requires --geo mmdb"],
    [
      ["--source", "input", "--geo", "none", "--mapping", "/nowhere.json"],
      "/nowhere.json cannot be read (there is no such file)",
    ],
    [["--source", "input", "--geo", "none", "--mapping", "src"], "src cannot be read (it is a directory)"],
    [["--source", "x", "--database-url", "postgres://u:geheim@h/d", "--embedded", "y"], "two databases"],
    [["--source", "x", "--database-url", "mysql://u:geheim@h/d"], "postgres"],
    [["frobnicate"], "frobnicate"],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, string]>)("%s exits 2 and says why", ([args, expected]) =>
    Effect.gen(function* () {
      const { code, stdout, stderr } = yield* etl(args)
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, expected)
      assert.notInclude(stderr, "geheim")
      assert.strictEqual(stdout, "")
    }).pipe(Effect.scoped),
  )

  it.live("help and version go to stdout and exit 0", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* etl(["--version"]), { code: 0, stderr: "" })
      const help = yield* etl(["run", "--help"])
      assert.strictEqual(help.code, 0)
      assert.include(help.stdout, "--chunksize")
    }),
  )
})

describe("etl locate", () => {
  it.live(
    "locates what a load with --geo none left; a second time no address is pending, and no service is asked",
    () =>
      Effect.gen(function* () {
        const { env, query } = yield* makeDatabase
        const service = yield* fakeIpApi()
        const located = { ...env, IP_API_URL: service.url }
        const source = yield* directoryOf({ "1.csv": withAddresses("8.8.8.8", "8.8.8.8", "10.1.1.1", "9.9.9.9") })
        const loaded = yield* etl(["--source", source, "--geo", "none"], located)
        assert.deepStrictEqual([loaded.code, service.requests.length], [0, 0])
        const first = yield* etl(["locate"], located)
        assert.strictEqual(first.code, 0, first.stderr)
        assert.match(first.stdout, /2 located, 1 without a place\n.*2 by the service in 1 request\n.*1 private/)
        const found = yield* query<{ city: string | null }>("select city from users order by email")
        const here = placeOf("8.8.8.8").city
        assert.deepStrictEqual(
          found.map(({ city }) => city),
          [here, here, null, placeOf("9.9.9.9").city],
        )
        const second = yield* etl(["locate"], located)
        assert.strictEqual(second.code, 0, second.stderr)
        assert.strictEqual(service.requests.length, 1)
      }).pipe(Effect.scoped),
  )

  it.live("asks a local database first, also for pending addresses, but not for unknown ones", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      service.script(...Array.from({ length: 10 }, () => behaviours.status(500)))
      const located = { ...env, IP_API_URL: service.url }
      const place = { latitude: 1.5, longitude: 2.5, country_code: "FR", city: "Here" }
      const source = yield* directoryOf({
        "1.csv": withAddresses("8.8.8.8", "9.9.9.9"),
        "city.mmdb": makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["8.8.8.0/24", place]] }),
      })
      const waiting = yield* etl(["--source", source, "--locate-for", "0s"], located)
      assert.strictEqual(waiting.code, 7, waiting.stdout)
      assert.match(waiting.stdout, /2 addresses queued: etl locate$/)
      const local = yield* etl(["locate", "--geo", "mmdb", "--geo-db", join(source, "city.mmdb")], located)
      assert.strictEqual(local.code, 0, local.stdout)
      assert.match(local.stdout, /1 located, 1 without a place\n.*2 by the local database\n.*1 unknown/)
      assert.deepStrictEqual(yield* query("select city from users order by email"), [{ city: "Here" }, { city: null }])
      assert.deepStrictEqual(yield* query("select address from ip_locations"), [])
    }).pipe(Effect.scoped),
  )

  it.live("locates the users of an adopted table, however their addresses are written; what is none has no place", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      yield* query("create table users (email text, ip_address text)")
      yield* query(`
        insert into users (email, ip_address) values ('a@example.com', ' 8.8.8.8'),
          ('b@example.com', '2A00:1450:4001:081B:0:0:0:200E'), ('c@example.com', '10.0.0.256'),
          ('d@example.com', repeat('9', 41)), ('e@example.com', '')`)
      const { code, stdout, stderr } = yield* etl(["locate"], { ...env, IP_API_URL: service.url })
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /2 located, 1 without a place\n.*2 by the service in 1 request\n.*1 not an address/)
      const found = yield* query<{ city: string | null }>("select city from users order by email")
      assert.deepStrictEqual(
        found.map(({ city }) => city),
        [placeOf("8.8.8.8").city, placeOf("2a00:1450:4001:81b::200e").city, null, null, null],
      )
    }).pipe(Effect.scoped),
  )

  it.live("ends when its time is up (7), and resumes where it stopped", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const service = yield* fakeIpApi()
      service.script(...Array.from({ length: 15 }, () => behaviours.silent))
      const located = { ...env, IP_API_URL: service.url }
      const rows = Array.from({ length: 150 }, (_, user) => row(`u${user}@example.com`, `8.8.${user}.8`))
      const source = yield* directoryOf({ "1.csv": [header, ...rows].join("\n") })
      yield* etl(["--source", source, "--geo", "none"], env)
      const short = yield* etl(["locate", "--locate-for", "1s"], located)
      assert.strictEqual(short.code, 7, short.stderr)
      assert.match(short.stdout, /150 addresses queued, about 6 s at 15 requests a minute: etl locate$/)
      assert.match(short.stdout, /Locating stopped: its time is up/)
      assert.match(short.stderr, /150 addresses queued, about 6 s at 15 requests a minute/)
    }).pipe(Effect.scoped),
  )

  it.live("reports how long the service allows no request, which does not affect another service", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const [exhausted, healthy] = [yield* fakeIpApi(), yield* fakeIpApi()]
      exhausted.script(behaviours.status(429, { "X-Ttl": "3600" }))
      const source = yield* directoryOf({ "1.csv": withAddresses("8.8.8.8") })
      const flags = ["--source", source, "--locate-for", "2s"]
      const waiting = yield* etl(flags, { ...env, IP_API_URL: exhausted.url })
      assert.strictEqual(waiting.code, 7, waiting.stderr)
      assert.match(waiting.stderr, /127\.0\.0\.1:\d+ allows no request for another (59 min \d+ s|1 h 0 min)\./)
      assert.match(waiting.stdout, /1 request without an answer\.\nThe service refused 1 request: too many \(429\)/)
      const again = yield* etl(["locate", "--locate-for", "2s"], { ...env, IP_API_URL: exhausted.url })
      assert.match(again.stderr, /allows no request for another 59 min \d+ s\./)
      assert.strictEqual(exhausted.requests.length, 1)
      const other = yield* etl(["locate"], { ...env, IP_API_URL: healthy.url })
      assert.strictEqual(other.code, 0, other.stderr)
    }).pipe(Effect.scoped),
  )

  it.live("sends no more requests in a minute than --ip-api-quota", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const rows = Array.from({ length: 350 }, (_, user) =>
        row(`u${user}@example.com`, `8.${user >> 8}.${user & 255}.8`),
      )
      const source = yield* directoryOf({ "1.csv": [header, ...rows].join("\n") })
      const flags = ["--source", source, "--ip-api-quota", "2", "--locate-for", "3s"]
      const { code, stderr, stdout } = yield* etl(flags, { ...env, IP_API_URL: service.url })
      assert.strictEqual(code, 7, stderr)
      assert.strictEqual(service.requests.length, 2)
      assert.match(stdout, /150 addresses queued, about 45 s at 2 requests a minute: etl locate$/)
    }).pipe(Effect.scoped),
  )

  it.live("asks again for old answers", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const located = { ...env, IP_API_URL: service.url }
      const source = yield* directoryOf({ "1.csv": [header, row("a@example.com", "8.8.8.8")].join("\n") })
      assert.deepInclude(yield* etl(["--source", source], located), { code: 0 })
      yield* query("update ip_locations set located_at = now() - interval '91 days', city = 'Old'")
      yield* query("update users set city = 'Old'")
      yield* etl(["locate", "--locations-max-age", "92d"], located)
      assert.strictEqual(service.requests.length, 1)
      yield* etl(["--source", source, "--force", "--locations-max-age", "90d"], located)
      assert.strictEqual(service.requests.length, 2)
      assert.deepStrictEqual(yield* query("select city from users"), [{ city: placeOf("8.8.8.8").city }])
    }).pipe(Effect.scoped),
  )

  it.live("two at once ask for each address once", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi({ requests: 100 })
      const located = { ...env, IP_API_URL: service.url }
      const rows = Array.from({ length: 900 }, (_, user) =>
        row(`u${user}@example.com`, `8.${user >> 8}.${user & 255}.8`),
      )
      const source = yield* directoryOf({ "1.csv": [header, ...rows].join("\n") })
      yield* etl(["--source", source, "--geo", "none"], env)
      const both = yield* Effect.all([etl(["locate"], located), etl(["locate"], located)], { concurrency: 2 })
      for (const { code, stdout } of both) assert.strictEqual(code, 0, stdout)
      const asked = service.requests.flatMap(({ addresses }) => addresses)
      assert.strictEqual(asked.length, 900)
      assert.strictEqual(new Set(asked).size, 900)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users where city is null"), [
        { users: 0 },
      ])
    }).pipe(Effect.scoped),
  )
})

describe("etl init", () => {
  it.live("creates the tables, twice at once and again", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const both = yield* Effect.all([etl(["init"], env), etl(["init"], env)], { concurrency: 2 })
      assert.deepStrictEqual(
        [...both, yield* etl(["init"], env)].map(({ code, stderr }) => [code, stderr]),
        [
          [0, ""],
          [0, ""],
          [0, ""],
        ],
      )
      const columns = yield* query<{ name: string }>(
        "select column_name as name from information_schema.columns where table_name = 'users' order by ordinal_position",
      )
      assert.strictEqual(
        columns.map(({ name }) => name).join(" "),
        "id first_name last_name email gender ip_address created_at updated_at password status latitude longitude country region city timezone isp_name updated source_id migrated_at file_id byte_offset updated_instant extra",
      )
    }).pipe(Effect.scoped),
  )

  const pythonTable = `
    create table users (
      id serial primary key, first_name varchar(50), last_name varchar(50), email varchar(100), gender varchar(10),
      ip_address varchar(20), created_at timestamp, updated_at timestamp, password varchar(64), status boolean,
      latitude double precision, longitude double precision, country varchar(64), region varchar(64), city varchar(64),
      timezone varchar(64), isp_name varchar(128), updated boolean
    )`

  it.live("adopts the table of the Python system, keeps its rows, and merges into them", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* query(pythonTable)
      yield* query(`
        insert into users (first_name, email, updated_at) values
          ('Old', ' Ada@Example.com', '2020-01-01 23:59'), ('Newer', 'b@example.com', '2030-01-01 01:00')`)
      assert.deepInclude(yield* etl(["init"], env), { code: 0 })
      const source = yield* directoryOf({
        "1.csv": [
          header,
          row("ada@example.com", "8.8.8.8", "2020-01-01T23:59:01Z"),
          row("b@example.com", ""),
          row("c@example.com", ""),
        ].join("\n"),
      })
      const { code, stdout, stderr } = yield* etl(["--source", source, "--geo", "none"], env)
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /inserted +1[^]*updated +1[^]*stale +1/)
      assert.deepStrictEqual(yield* query("select id, email, first_name, updated from users order by id"), [
        { id: 1, email: "ada@example.com", first_name: "Ada, A", updated: true },
        { id: 2, email: "b@example.com", first_name: "Newer", updated: true },
        { id: 3, email: "c@example.com", first_name: "Ada, A", updated: false },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("says what to run where a view keeps a column narrow", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* query(pythonTable)
      yield* query("create view hashes as select password from users")
      const { code, stderr } = yield* etl(["init"], env)
      assert.strictEqual(code, 0, stderr)
      const [, statement] = /on view hashes .* create it again: (alter table .*)$/m.exec(stderr) ?? []
      yield* query("drop view hashes")
      yield* query(statement!)
      assert.deepStrictEqual(
        yield* query(`
          select column_name as name, character_maximum_length as width from information_schema.columns
          where table_name = 'users' and column_name in ('gender', 'password') order by 1`),
        [
          { name: "gender", width: 64 },
          { name: "password", width: 255 },
        ],
      )
    }).pipe(Effect.scoped),
  )

  it.live.each([
    ["insert into users (email) values ('a@example.com'), ('A@example.com ')", "a@example.com (2 times)"],
    ["insert into users (email) values (null)", "rows without an e-mail (1)"],
    ["alter table users alter column status type text", "status of the table users is text"],
    ["alter table users alter column id type text", "id of the table users is text"],
    ["alter table users add column updated_instant date", "updated_instant of the table users is date"],
    ["alter table users add column age integer not null", "age of the table users must have a value"],
  ] as ReadonlyArray<readonly [string, string]>)(
    "refuses a table that it would take a loss to adopt, and changes nothing: %s",
    ([change, expected]) =>
      Effect.gen(function* () {
        const { env, query } = yield* makeDatabase
        yield* query(pythonTable)
        yield* query(change)
        const shape = () => query("select attname, atttypid from pg_attribute where attrelid = 'users'::regclass")
        const [rows, columns] = [yield* query("select * from users"), yield* shape()]
        const { code, stderr } = yield* etl(["init"], env)
        assert.strictEqual(code, 6)
        assert.include(stderr, expected)
        assert.deepStrictEqual([yield* query("select * from users"), yield* shape()], [rows, columns])
      }).pipe(Effect.scoped),
  )

  it.live("a database that cannot be used exits 6 and names what to do, never the password", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      for (const [change, expected] of [
        [{ DB_NAME: "nowhere" }, "createdb"],
        [{ DB_PORT: "1" }, "127.0.0.1"],
        [{ DB_PASS: "wr0ng-secret" }, "password"],
      ] as const) {
        const { code, stderr } = yield* etl(["init"], { ...env, ...change })
        assert.strictEqual(code, 6, stderr)
        assert.include(stderr, expected)
        assert.notInclude(stderr, "wr0ng-secret")
        assert.notInclude(stderr, env["DB_PASS"]!)
      }
    }).pipe(Effect.scoped),
  )
})
