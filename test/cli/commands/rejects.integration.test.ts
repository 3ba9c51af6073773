import { assert, describe, it, layer } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Context, Effect, Fiber, Layer, Schema } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Encoding } from "../../../src/domain/encoding.ts"
import { bin } from "../../utils/command.ts"
import { smallDisk } from "../../utils/disk.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { spawnEtl } from "../../utils/etlChild.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const password = "a1".repeat(32)
const row = (email: string, fields: { readonly name?: string; readonly ip?: string; readonly day?: string } = {}) =>
  `7,${fields.name ?? '"Ada, A"'},Lovelace,${email},f,${fields.ip ?? "8.8.8.8"},1/22/2020,${fields.day ?? "2024-05-06"},${password},yes`

const latin1 = (path: string): string => readFileSync(path, "latin1")
const reasonsOf = (path: string) =>
  parse(readFileSync(path), { columns: true }) as ReadonlyArray<Record<string, string>>

/** Loads the files as a run; gives where they are. */
const load = Effect.fnUntraced(function* (
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string | Uint8Array>>,
) {
  const source = yield* directoryOf(files)
  const { code, stderr } = yield* etl(["--source", source, "--geo", "none"], env)
  assert.include([0, 3], code, stderr)
  return source
})

const oneBad = { "a.csv": `${header}\n${row("nobody")}\n` }
const noneBad = { "a.csv": `${header}\n${row("ada@example.com")}\n` }

interface StoredReject {
  readonly raw: Uint8Array
  readonly length?: number
  readonly reasons: ReadonlyArray<{ readonly column: string | null; readonly message: string }>
}

interface StoredFile {
  readonly uri: string
  readonly header: Uint8Array
  readonly rejects: ReadonlyArray<StoredReject>
}

type Database = Effect.Success<typeof makeDatabase>
type Query = Database["query"]

/** A database with the tables, the same for every case of a property. */
class MigratedDatabase extends Context.Service<MigratedDatabase, Database>()("test/MigratedDatabase") {
  static readonly layer = Layer.effect(
    this,
    Effect.tap(makeDatabase, ({ env }) => etl(["init"], env)),
  )
}

/** Rejects that no file could be made to have, put in the tables' place as run 1. */
const store = Effect.fnUntraced(function* (query: Query, files: ReadonlyArray<StoredFile>) {
  yield* query("truncate etl_rejects, etl_files, etl_runs restart identity")
  yield* query("insert into etl_runs (source) values ('/data')")
  for (const [index, { uri, header, rejects }] of files.entries()) {
    yield* query(
      "insert into etl_files (uri, fingerprint, size, run_id, mapping, header) values ($1, $2, 1, 1, 'm', $3)",
      [uri, `${index}`, header],
    )
    yield* query(
      `insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
        select $1, 1, number * 10, number + 2, length, decode(raw, 'hex'), reasons
        from jsonb_to_recordset($2::jsonb) as t (number integer, length integer, raw text, reasons jsonb)`,
      [
        index + 1,
        JSON.stringify(
          rejects.map(({ raw, length, reasons }, number) => ({
            number,
            length: length ?? raw.length,
            raw: Buffer.from(raw).toString("hex"),
            reasons,
          })),
        ),
      ],
    )
  }
})

/** As many rejects of a run as are asked for, each with its number. */
const storeMany = Effect.fnUntraced(function* (query: Query, counts: ReadonlyArray<number>) {
  yield* store(
    query,
    counts.map((_, index) => ({ uri: `/data/${index}.csv`, header: Buffer.from("id,email"), rejects: [] })),
  )
  for (const [index, count] of counts.entries()) {
    yield* query(
      `insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
        select $1, 1, g * 10, g + 1, length(g::text), g::text::bytea, '[{"column": "email", "message": "is missing"}]'
        from generate_series(1, $2::integer) g`,
      [index + 1, count],
    )
  }
})

describe("etl rejects", () => {
  it.live("lists a line each, with the file's name, the line and all reasons", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env, {
        "data_01.csv": `${header}\n${row("a@example.com")}\n1,"x"y\n`,
        "data_02.csv": `${header}\n${row("nobody", { ip: "1.2.3" })}\n`,
        "od\nd\u001b[31m.csv": `${header}\n${row("")}\n`,
      })
      const { code, stdout, stderr } = yield* etl(["rejects"], env)
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(stdout.split("\n"), [
        "data_01.csv:3: text after a closing quote",
        'data_02.csv:2: email "nobody" is not a valid e-mail address; ip_address "1.2.3" is not an IPv4 or IPv6 address',
        "od\\u000ad\\u001b[31m.csv:2: email is missing",
        "3 rejects: etl rejects --run 1 --out fix.csv writes them to a file to correct",
      ])
      assert.strictEqual(stderr, "")
    }).pipe(Effect.scoped),
  )

  it.live("prints a JSON array with --json, of any length, and an empty one of a run without rejects", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* query(`
        create function refuse() returns trigger language plpgsql as
        $$ begin if new.first_name = 'Bob' then raise exception 'not Bob'; end if; return new; end $$`)
      yield* query("create trigger refuse before insert on users for each row execute function refuse()")
      const source = yield* load(env, {
        "a\u009b.csv": `${header}\n${row("nobody", { ip: "1.2.3" })}\n${row("b@example.com", { name: "Bob" })}\n`,
      })
      const json = yield* etl(["rejects", "--json"], env)
      assert.deepInclude(json, { code: 0, stderr: "" })
      assert.notInclude(json.stdout, "\u009b")
      const record = { runId: 1, file: `${source}/a\u009b.csv` }
      assert.deepStrictEqual(JSON.parse(json.stdout), [
        {
          ...record,
          line: 2,
          byteOffset: header.length + 1,
          length: row("nobody", { ip: "1.2.3" }).length,
          reasons: [
            { column: "email", value: "nobody", message: "is not a valid e-mail address", detail: null },
            { column: "ip_address", value: "1.2.3", message: "is not an IPv4 or IPv6 address", detail: null },
          ],
        },
        {
          ...record,
          line: 3,
          byteOffset: header.length + row("nobody", { ip: "1.2.3" }).length + 2,
          length: row("b@example.com", { name: "Bob" }).length,
          reasons: [
            { column: null, value: null, message: "refused by PostgreSQL (SQLSTATE P0001)", detail: "not Bob" },
          ],
        },
      ])
      yield* load(env, noneBad)
      assert.deepInclude(yield* etl(["rejects", "--json"], env), { code: 0, stdout: "[]" })
      yield* storeMany(query, [2500])
      const many: ReadonlyArray<{ line: number }> = JSON.parse((yield* etl(["rejects", "--json"], env)).stdout)
      assert.deepStrictEqual(
        many.map(({ line }) => line),
        Array.from({ length: 2500 }, (_, index) => index + 2),
      )
    }).pipe(Effect.scoped),
  )

  it.live("takes the newest run, or the one that is named, and lists the runs that have rejects", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env, oneBad)
      yield* load(env, { "b.csv": `${header}\n${row("nobody")}\n${row("nobody")}\n` })
      assert.include((yield* etl(["rejects"], env)).stdout, "2 rejects: etl rejects --run 2")
      assert.include((yield* etl(["rejects", "--run", "latest"], env)).stdout, "2 rejects: etl rejects --run 2")
      assert.match((yield* etl(["rejects", "--run", "1"], env)).stdout, /^a\.csv:2: .*\n1 reject: .* --run 1 .* it to/)

      yield* load(env, noneBad)
      const none = yield* etl(["rejects"], env)
      assert.deepInclude(none, {
        code: 0,
        stdout: "Run 3 rejected nothing.\nRejects are kept of run 2, 1. To list them, run: etl rejects --run 2",
      })
      const out = join(yield* temporaryDirectory, "fix.csv")
      assert.strictEqual((yield* etl(["rejects", "--out", out], env)).stdout, none.stdout)
      const { DB_HOST, DB_NAME, DB_PASS, DB_PORT, DB_USER } = env
      const url = `postgres://${DB_USER}:${DB_PASS}@${DB_HOST}:${DB_PORT}/${DB_NAME}`
      assert.include((yield* etl(["rejects", "--database-url", url])).stdout, "etl rejects --run 2 --database-url URL")
      assert.isFalse(existsSync(out))
    }).pipe(Effect.scoped),
  )

  it.live("of a run, or a database, that is not there exits 2, and makes no table", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      for (const args of [["rejects"], ["rejects", "--run", "3"], ["rejects", "--delete", "latest"]]) {
        const { code, stdout, stderr } = yield* etl(args, env)
        assert.deepEqual([code, stdout], [2, ""])
        assert.match(stderr, /lacks the tables.*etl --source/)
      }
      assert.deepStrictEqual(yield* query("select 1 from pg_tables where schemaname = 'public'"), [])
      yield* load(env, oneBad)
      for (const args of [
        ["--run", "2"],
        ["--run", "9007199254740991"],
        ["--delete", "2"],
      ]) {
        const { code, stdout, stderr } = yield* etl(["rejects", ...args], env)
        assert.deepEqual([code, stdout], [2, ""])
        assert.include(stderr, `There is no run ${args[1]}. The latest is 1.`)
      }
    }).pipe(Effect.scoped),
  )

  it.live("lists every reject of many files, short and long ones, in the order of files and lines", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      const counts = [1, 600, 600, 3, 2500, 1, 1000, 1001, 2]
      yield* storeMany(query, counts)
      const { stdout } = yield* etl(["rejects"], env)
      const expected = counts.flatMap((count, index) =>
        Array.from({ length: count }, (_, number) => `${index}.csv:${number + 2}: email is missing`),
      )
      assert.deepStrictEqual(stdout.split("\n").slice(0, -1), expected)
      assert.include(stdout, "5,708 rejects: ")
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects of the latest run", () => {
  it.live("are those of the run that was tried last, also where it began before another", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const first = yield* directoryOf({ "1.csv": `${header}\n${row("first")}\n${row("a@example.com")}\n` })
      const flags = ["--geo", "none", "--chunksize", "1", "--max-rejects"]
      assert.deepInclude(yield* etl(["--source", first, ...flags, "0"], env), { code: 4 })
      yield* load(env, { "2.csv": `${header}\n${row("second")}\n` })
      assert.match((yield* etl(["rejects"], env)).stdout, /^2\.csv:2: email/)
      assert.deepInclude(yield* etl(["--source", first, ...flags, "1"], env), { code: 3 })
      const { stdout } = yield* etl(["rejects"], env)
      assert.match(stdout, /^1\.csv:2: email/)
      assert.notInclude(stdout, "2.csv")
    }).pipe(Effect.scoped),
  )

  it.live("say all that a trigger said, which the log does not", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* query(`
        create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'not %', new.email; end $$`)
      yield* query("create trigger refuse before insert on users for each row execute function refuse()")
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com")}\n` })
      const run = yield* etl(["--source", source, "--geo", "none"], env)
      assert.include(run.stderr, "1 record rejected: refused by PostgreSQL (SQLSTATE P0001), at 1.csv:2")
      assert.notInclude(run.stderr + run.logText, "a@example.com")
      const said = "refused by PostgreSQL (SQLSTATE P0001): not a@example.com"
      assert.include((yield* etl(["rejects"], env)).stdout, `1.csv:2: ${said}`)
      yield* etl(["rejects", "--out", join(source, "fix.txt")], env)
      assert.strictEqual(reasonsOf(join(source, "fix.reasons.csv"))[0]!["reason"], said)
    }).pipe(Effect.scoped),
  )

  it.live("say how to load what is corrected into the same database", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("nobody")}\n` })
      yield* etl(["--source", source, "--geo", "none", "--embedded", folder])
      const listed = yield* etl(["rejects", "--embedded", folder])
      assert.include(listed.stdout, `etl rejects --run 1 --out fix.csv --embedded ${folder} writes it`)
      const out = join(source, "it's.txt")
      const written = yield* etl(["rejects", "--out", out, "--embedded", folder])
      assert.include(written.stdout, `etl --source '${out.replace("'", "'\\''")}' --embedded ${folder}`)
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects | head", () => {
  it.live("ends without a message when its reader has exited", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* storeMany(query, [20_000])
      const logfile = join(yield* temporaryDirectory, "etl.log")
      const [code, stderr] = yield* Effect.promise(async () => {
        const child = spawn(process.execPath, [bin(), "rejects", "--logfile", logfile], {
          env: { ...process.env, ...env },
          stdio: ["ignore", "pipe", "pipe"],
        })
        const words: Array<string> = []
        child.stderr.on("data", (data) => words.push(String(data)))
        child.stdout.once("data", () => child.stdout.destroy())
        const [code] = await once(child, "close")
        return [code, words.join("")] as const
      })
      assert.deepStrictEqual([code, stderr], [0, ""])
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects --out", () => {
  /** Bad in every way, a record each, and how each is put right. */
  const damaged = [
    row("bad-email@@example.com"),
    row("bad-ip@example.com", { ip: "8.8.x" }),
    row("bad-day@example.com", { day: "2024-02-30" }),
    row("bad-quote@example.com", { name: '"Ada"Ada' }),
    row("bad-utf8@example.com", { name: "Zo\xeb" }),
    row("bad-nul@example.com", { name: "A\0da" }),
    `${row("bad-count@example.com")},one too many`,
    row("bad-end@example.com", { name: '"Grace' }),
  ]
  const corrections: ReadonlyArray<readonly [string, string]> = [
    ["@@", "@"],
    ["8.8.x", "8.8.8.8"],
    ["2024-02-30", "2024-02-29"],
    ['"Ada"Ada', "Ada"],
    ["Zo\xeb", "Zo\xc3\xab"],
    ["A\0da", "Ada"],
    [",one too many", ""],
    ['"Grace', "Grace"],
  ]
  /** Shows that its file is UTF-8. */
  const valid = row("valid@example.com", { name: "Zo\xc3\xab" })
  /** The same columns in another order. */
  const reordered = `email,${header.replace(",email", "")}`
  const correct = (path: string): void => {
    const text = corrections.reduce((text, [bad, good]) => text.replace(bad, good), latin1(path))
    writeFileSync(path, text, "latin1")
  }

  it.live("writes what can be corrected and loaded", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const other = "other@@example.com,8,,,,,,,,"
      yield* load(env, {
        "a.csv": Buffer.from(`\n${header}\n${row("good@example.com")}\n${damaged.slice(0, 4).join("\n")}\n`, "latin1"),
        "b.csv": Buffer.from([header, valid, ...damaged.slice(4), ""].join("\n"), "latin1"),
        "c.csv": `${reordered}\n${other}\n`,
      })
      const directory = yield* temporaryDirectory
      const [fix, second] = [join(directory, "fix.csv"), join(directory, "fix-2.csv")]
      const { code, stdout, stderr } = yield* etl(["rejects", "--out", fix], env)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(latin1(fix), [header, ...damaged, ""].join("\n"))
      assert.strictEqual(latin1(second), `${reordered}\n${other}\n`)
      assert.deepStrictEqual(
        reasonsOf(join(directory, "fix.reasons.csv")).map((reason) => [
          reason["fix_line"],
          reason["file"]!.slice(-5),
          reason["line"],
          reason["column"],
          reason["reason"],
        ]),
        [
          ["2", "a.csv", "4", "email", '"bad-email@@example.com" has more than one @'],
          ["3", "a.csv", "5", "ip_address", '"8.8.x" is not an IPv4 or IPv6 address'],
          ["4", "a.csv", "6", "updated_at", '"2024-02-30" is not a valid date (read as year-month-day)'],
          ["5", "a.csv", "7", "", "text after a closing quote"],
          ["6", "b.csv", "3", "", "not valid UTF-8"],
          ["7", "b.csv", "4", "first_name", '"A\\u0000da" contains a NUL character, which PostgreSQL cannot store'],
          ["8", "b.csv", "5", "", "11 fields where the header has 10"],
          ["9", "b.csv", "6", "", "a quote is still open at the end of the file"],
        ],
      )
      assert.strictEqual(
        stdout,
        [
          "9 rejects of run 1:",
          `  ${fix}: 8 records; reasons: ${join(directory, "fix.reasons.csv")}`,
          `  ${second}: 1 record; reasons: ${join(directory, "fix-2.reasons.csv")}`,
          `Correct ${fix}, then run: etl --source ${fix}`,
          `Correct ${second}, then run: etl --source ${second}`,
          "Use the same --mapping and --geo as that run.",
          'Where a date such as 3/4/2024 is refused, "MM/DD/YYYY" is the format of created_at.',
        ].join("\n"),
      )

      for (const [path, inserted] of [
        [fix, 8],
        [second, 1],
      ] as const) {
        correct(path)
        const loaded = yield* etl(["--source", path, "--geo", "none"], env)
        assert.strictEqual(loaded.code, 0, loaded.stderr)
        assert.match(loaded.stdout, new RegExp(`inserted +${inserted}`))
      }
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 11 }])
      assert.match((yield* etl(["rejects"], env)).stdout, /^Run 3 rejected nothing/)
    }).pipe(Effect.scoped),
  )

  it.live("does so with the embedded database, where there is one connection", () =>
    Effect.gen(function* () {
      const database = ["--embedded", yield* freshFolder]
      const source = yield* directoryOf({
        "a.csv": Buffer.from([header, valid, ...damaged, ""].join("\n"), "latin1"),
        "b.csv": `${reordered}\nnobody\n`,
      })
      assert.strictEqual((yield* etl(["--source", source, "--geo", "none", ...database])).code, 3)
      const listed = yield* etl(["rejects", ...database])
      assert.match(listed.stdout, /^a\.csv:3: email [^]*\nb\.csv:2: 1 field [^]*\n9 rejects: /)

      const fix = join(source, "fix.csv")
      const written = yield* etl(["rejects", "--out", fix, ...database])
      assert.strictEqual(written.code, 0, written.stderr)
      assert.include(latin1(join(source, "fix-2.csv")), "\nnobody\n")
      correct(fix)
      const loaded = yield* etl(["--source", fix, "--geo", "none", ...database])
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.match(loaded.stdout, /inserted +8/)
      assert.match((yield* etl(["rejects", "--delete", "1", ...database])).stdout, /Deleted 9 rejects of run 1\./)
    }).pipe(Effect.scoped),
  )

  const bytesIn = (encoding: Encoding, text: string): Buffer =>
    encoding === "utf-16be"
      ? Buffer.from(text, "utf16le").swap16()
      : Buffer.from(text, encoding === "utf-8" ? "utf8" : encoding === "utf-16le" ? "utf16le" : "latin1")

  /** Runs the command that was printed as a person does, in a shell; gives its exit code and its output. */
  const runPrinted = (stdout: string, env: Readonly<Record<string, string>>, logfile: string) => {
    const [, command] = /then run: etl (.*)$/m.exec(stdout)!
    const {
      status,
      stderr,
      stdout: output,
    } = spawnSync("sh", ["-c", `exec "$NODE" "$BIN" ${command} --geo none --logfile "$LOG"`], {
      encoding: "utf8",
      env: { ...process.env, ...env, NODE: process.execPath, BIN: bin(), LOG: logfile },
    })
    return { code: status, output: `${output}${stderr}` }
  }

  interface Trial {
    readonly flags: ReadonlyArray<string>
    readonly encoding?: Encoding
    /** Lines before those with the rejects. */
    readonly good: ReadonlyArray<string>
    readonly bad: ReadonlyArray<string>
    readonly lineEnd?: string
    /** What the file of rejects begins with. */
    readonly head: string
    /** The flags of the command that is printed. */
    readonly printed: string
    /** What makes the rejects records: each text, and what it becomes. */
    readonly corrections: ReadonlyArray<readonly [string, string]>
    /** First and last names of the corrected users, by e-mail. */
    readonly names: ReadonlyArray<readonly [string | null, string | null]>
  }

  const mark = "\ufeff"
  const columns = header.split(",")
  const record = (delimiter: string, name: string, last: string, email: string) =>
    ["7", name, last, email, "f", "8.8.8.8", "1/22/2020", "2024-05-06", password, "yes"].join(delimiter)
  /** Its second line has all fields of a record. */
  const swallowed = "B\n7;x;y;inner@example.com;;;;;;;"

  const trials: Readonly<Record<string, Trial>> = {
    "UTF-16 with a byte order mark, CRLF and tabs": {
      flags: [],
      encoding: "utf-16le",
      good: [`${mark}title`, columns.join("\t"), record("\t", "Jos\u00e9", "A", "good@example.com")],
      bad: [
        record("\t", "Zo\u00eb \u0a0d", "B", "one@@example.com"),
        record("\t", '"M\r\nN"', "C", "two@@example.com"),
      ],
      lineEnd: "\r\n",
      head: `${mark}${columns.join("\t")}\r\n`,
      printed: "",
      corrections: [["@@", "@"]],
      names: [
        ["Zo\u00eb \u0a0d", "B"],
        ["M\r\nN", "C"],
      ],
    },
    "big-endian UTF-16 without a mark": {
      flags: ["--encoding", "utf-16be"],
      encoding: "utf-16be",
      good: [header],
      bad: [record(",", "Zo\u00eb", "B", "one@@example.com"), record(",", "Ada", "C", "two@@example.com")],
      head: `${header}\n`,
      printed: " --encoding utf-16be",
      corrections: [["@@", "@"]],
      names: [
        ["Zo\u00eb", "B"],
        ["Ada", "C"],
      ],
    },
    "UTF-8 with a byte order mark": {
      flags: [],
      good: [`${mark}${header}`],
      bad: [record(",", "Zo\u00eb", "B", "one@@example.com")],
      head: `${mark}${header}\n`,
      printed: "",
      corrections: [["@@", "@"]],
      names: [["Zo\u00eb", "B"]],
    },
    "Windows-1252 with semicolons and CRLF": {
      flags: ["--encoding", "cp1252"],
      encoding: "windows-1252",
      good: ["export of users", "", columns.join(";"), record(";", "Ren\u00e9", "A", "good@example.com")],
      bad: [record(";", "Zo\u00eb", "B", "one@@example.com"), `${record(";", "Ada", "C", "two@example.com")};too many`],
      lineEnd: "\r\n",
      head: `${columns.join(";")}\r\n`,
      printed: " --encoding windows-1252",
      corrections: [
        ["@@", "@"],
        [";too many", ""],
      ],
      names: [
        ["Zo\u00eb", "B"],
        ["Ada", "C"],
      ],
    },
    "escapes of MySQL": {
      flags: ["--escape", "backslash"],
      good: [header, record(",", '"Ann \\"A\\""', "\\N", "good@example.com")],
      bad: [
        record(",", '"Ann \\"Annie\\""', "O\\\\Hara", "one@@example.com"),
        record(",", "a\\\nb", "\\N", "two@@example.com"),
      ],
      head: `${header}\n`,
      printed: " --escape backslash",
      corrections: [["@@", "@"]],
      names: [
        ['Ann "Annie"', "O\\Hara"],
        ["a\nb", null],
      ],
    },
    "no header, and a delimiter that has to be named": {
      flags: ["--header", columns.join(" ,"), "--delimiter", "\\x01", "--skip-lines", "1"],
      good: ["title", record("\x01", "Ada", "A", "good@example.com")],
      bad: [record("\x01", "Zo\u00eb", "B", "one@@example.com")],
      head: "",
      printed: ` --delimiter '\\x01' --header ${header} --skip-lines 0`,
      corrections: [["@@", "@"]],
      names: [["Zo\u00eb", "B"]],
    },
    "no header, and commas": {
      flags: ["--header", header],
      good: [record(",", "Ada", "A", "good@example.com")],
      bad: [record(",", "Zo\u00eb", "B", "one@@example.com")],
      head: "",
      printed: ` --delimiter , --header ${header}`,
      corrections: [["@@", "@"]],
      names: [["Zo\u00eb", "B"]],
    },
    "tabs, and CR": {
      flags: [],
      good: [columns.join("\t")],
      bad: [record("\t", "Ada", "B", "one@@example.com"), record("\t", "Bo", "C", "two@@example.com")],
      lineEnd: "\r",
      head: `${columns.join("\t")}\r`,
      printed: "",
      corrections: [["@@", "@"]],
      names: [
        ["Ada", "B"],
        ["Bo", "C"],
      ],
    },
    "all that is read in another way": {
      flags: ["--quote", "'", "--comment=--", "--short-rows", "null", "--trim", "off", "--quoted-lines", "keep"],
      good: [`${columns.join(";")};a,b`, "-- a comment"],
      bad: [
        `${record(";", " Ada", `'${swallowed}'`, "one@@example.com")};`,
        record(";", "Bo", "C", "two@@example.com"),
      ],
      head: `${columns.join(";")};a,b\n`,
      printed: " --delimiter ';' --quote ''\\''' --comment=-- --short-rows null --trim off --quoted-lines keep",
      corrections: [["@@", "@"]],
      names: [
        [" Ada", swallowed],
        ["Bo", "C"],
      ],
    },
    "quotes after backslashes that are no escapes": {
      flags: ["--escape", "doubled"],
      good: [header],
      bad: [record(",", '"Ann \\"Annie\\""', "B", "one@example.com"), record(",", "Ada", "C", "two@@example.com")],
      head: `${header}\n`,
      printed: " --escape doubled",
      corrections: [
        ['\\"Annie\\"', "Annie"],
        ["@@", "@"],
      ],
      names: [
        ["Ann Annie", "B"],
        ["Ada", "C"],
      ],
    },
  }

  it.live.each(Object.entries(trials))("prints the command that loads what is corrected: %s", ([, trial]) =>
    Effect.gen(function* () {
      const { bad, corrections, encoding = "utf-8", flags, good, head, lineEnd = "\n", names, printed } = trial
      const { env, query } = yield* makeDatabase
      const text = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}${lineEnd}`).join("")
      const source = yield* directoryOf({ "a.csv": bytesIn(encoding, text([...good, ...bad])) })
      const first = yield* etl(["--source", source, "--geo", "none", "--max-rejects", "100%", ...flags], env)
      assert.strictEqual(first.code, 3, first.stderr)

      const directory = yield* temporaryDirectory
      const fix = join(directory, "fix.csv")
      const { code, stdout, stderr } = yield* etl(["rejects", "--out", fix], env)
      assert.strictEqual(code, 0, stderr)
      assert.sameMembers(readdirSync(directory), ["fix.csv", "fix.reasons.csv"])
      assert.strictEqual(latin1(fix), bytesIn(encoding, `${head}${text(bad)}`).toString("latin1"))
      assert.include(stdout.split("\n"), `Correct ${fix}, then run: etl --source ${fix}${printed}`)
      assert.match(stdout, /^Use the same --mapping and --geo as that run\.$/m)

      const corrected = corrections.reduce((text, [from, to]) => text.replaceAll(from, to), `${head}${text(bad)}`)
      writeFileSync(fix, bytesIn(encoding, corrected))
      const loaded = runPrinted(stdout, env, join(directory, "etl.log"))
      assert.strictEqual(loaded.code, 0, loaded.output)
      const users = yield* query<{ first_name: string | null; last_name: string | null }>(
        "select first_name, last_name from users where email in ('one@example.com', 'two@example.com') order by email",
      )
      const found = users.map(({ first_name, last_name }) => [first_name, last_name] as const)
      assert.deepStrictEqual(found, names)
    }).pipe(Effect.scoped),
  )

  it.live("writes a file for each header and format, whatever is before the header", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const bad = (number: number) => row(`bad-${number}`)
      yield* load(env, {
        "1.csv": `${header}\n${bad(1)}\n`,
        "2.csv": `${header}\r\n${bad(2)}\r\n`,
        "3.csv": `title\n${header}\n${bad(3)}\n`,
        "4.csv": `${mark}${header}\n${bad(4)}\n`,
        "5.csv": bytesIn("utf-16le", `${mark}${header}\n${bad(5)}\n`),
      })
      const directory = yield* temporaryDirectory
      const { stdout } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
      assert.match(stdout, /^5 rejects of run 1:\n/)
      assert.lengthOf(readdirSync(directory), 8)
      assert.strictEqual(latin1(join(directory, "fix.csv")), `${header}\n${bad(1)}\n${bad(3)}\n`)
      assert.strictEqual(latin1(join(directory, "fix-2.csv")), `${header}\r\n${bad(2)}\r\n`)
      assert.strictEqual(readFileSync(join(directory, "fix-3.csv"), "utf8"), `${mark}${header}\n${bad(4)}\n`)
      assert.strictEqual(readFileSync(join(directory, "fix-4.csv"), "utf16le"), `${mark}${header}\n${bad(5)}\n`)
    }).pipe(Effect.scoped),
  )

  it.live("numbers the lines of UTF-16, and leaves out half a character, which would shift the records after it", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const records = [row("nobody", { name: '"A\nB"' }), row("cut\u0d0a"), row("else")]
      const cut = bytesIn("utf-16le", `${mark}${header}\n${records[0]}\n${records[1]}Z`)
      const whole = bytesIn("utf-16le", `${mark}${header}\n${records[2]}\n`)
      yield* load(env, { "1.csv": cut.subarray(0, -1), "2.csv": whole })
      const fix = join(yield* temporaryDirectory, "fix.csv")
      yield* etl(["rejects", "--out", fix], env)
      assert.strictEqual(readFileSync(fix, "utf16le"), `${mark}${[header, ...records, ""].join("\n")}`)
      assert.deepStrictEqual(
        new Set(reasonsOf(fix.replace(".csv", ".reasons.csv")).map((reason) => reason["fix_line"])),
        new Set(["2", "4", "5"]),
      )
    }).pipe(Effect.scoped),
  )

  it.live("reads what an earlier version loaded as that did, and asks for a delimiter that it did not keep", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const bad = record(";", " Ada", "B", "nobody")
      yield* load(env, { "1.csv": `${columns.join(";")}\n${bad}\n` })
      const commandOf = Effect.fnUntraced(function* (format: string | null) {
        yield* query("update etl_files set format = $1::text::jsonb", [format])
        const fix = join(yield* temporaryDirectory, "fix.csv")
        const { stdout } = yield* etl(["rejects", "--out", fix], env)
        assert.strictEqual(latin1(fix), `${columns.join(";")}\n${bad}\n`)
        return stdout.replaceAll(fix, "FIX").split("\n").slice(-2)
      })
      const command = "Correct FIX, then run: etl --source FIX"
      assert.deepStrictEqual(yield* commandOf(null), [
        `${command} --trim off --quoted-lines keep`,
        "Use the same --mapping and --geo as that run, and --delimiter where the file has none of , ; tab |.",
      ])
      for (const [delimiter, flag] of [
        [";", ""],
        ["~", " --delimiter '~'"],
      ] as const) {
        assert.deepStrictEqual(yield* commandOf(JSON.stringify({ delimiter, headerLine: 3 })), [
          `${command}${flag} --trim off --quoted-lines keep`,
          "Use the same --mapping and --geo as that run.",
        ])
      }
    }).pipe(Effect.scoped),
  )

  const Byte = Schema.Union([
    Schema.Literals([0x00, 0x0a, 0x0d, 0x22, 0x2c, 0x3d, 0xff]),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
  ])
  const Raw = Schema.Array(Byte).check(Schema.isMinLength(1), Schema.isMaxLength(12))
  const Text = Schema.Literals([
    "=1+1",
    "+x",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "is missing",
    'a "b", c',
    "two\nlines",
    "caf\u00e9",
  ])
  const AnyReject = Schema.Struct({
    raw: Raw,
    isCut: Schema.Boolean,
    reasons: Schema.Array(Schema.Struct({ column: Schema.NullOr(Text), message: Text })).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(3),
    ),
  })
  const AnyFile = Schema.Struct({
    uri: Schema.Literals(["/data/a.csv", "=cmd.csv", "-a.csv", "s3://bucket/a,b.csv"]),
    header: Schema.Literals(["id,email", "email,id", 'id,"two\nlines"', '"a\r\nb\rc",\xff']),
    rejects: Schema.Array(AnyReject).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  })
  const Files = Schema.Array(AnyFile).check(Schema.isMinLength(1), Schema.isMaxLength(4))

  layer(MigratedDatabase.layer, { excludeTestServices: true })((it) =>
    it.effect.prop(
      "writes every byte as it is, whatever they are, and reasons that no spreadsheet runs",
      { files: Files },
      ({ files }) =>
        Effect.gen(function* () {
          const { env, query } = yield* MigratedDatabase
          const stored = files.map(({ uri, header, rejects }): StoredFile => ({
            uri,
            header: Buffer.from(header, "latin1"),
            rejects: rejects.map(({ raw, isCut, reasons }) => ({
              raw: Uint8Array.from(raw),
              length: raw.length + (isCut ? 2_000_000 : 0),
              reasons,
            })),
          }))
          yield* store(query, stored)
          const directory = yield* temporaryDirectory
          const { code, stdout, stderr } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
          assert.strictEqual(code, 0, stderr)

          const groups = [...Map.groupBy(files, (file) => file.header)]
          assert.sameMembers(
            readdirSync(directory),
            groups.flatMap((_, index) => {
              const name = index === 0 ? "fix" : `fix-${index + 1}`
              return [`${name}.csv`, `${name}.reasons.csv`]
            }),
          )
          for (const [index, [header, members]] of groups.entries()) {
            const name = join(directory, index === 0 ? "fix" : `fix-${index + 1}`)
            let text = `${header}\n`
            const reasons: Array<ReadonlyArray<string>> = []
            for (const file of members) {
              for (const [number, { raw, isCut, reasons: why }] of file.rejects.entries()) {
                const fixLine = isCut ? "" : String(text.split(/\r\r\n|\r\n|\r|\n/).length)
                const length = String(raw.length + (isCut ? 2_000_000 : 0))
                for (const { column, message } of why) {
                  const place = [fixLine, file.uri, String(number + 2), String(number * 10), length]
                  reasons.push([...place, column ?? "", message])
                }
                if (!isCut) text += String.fromCharCode(...raw, 0x0a)
              }
            }
            assert.strictEqual(latin1(`${name}.csv`), text)
            const written = parse(readFileSync(`${name}.reasons.csv`)) as ReadonlyArray<ReadonlyArray<string>>
            const harmless = (cell: string) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)
            assert.deepStrictEqual(written, [
              ["fix_line", "file", "line", "byte_offset", "length", "column", "reason"],
              ...reasons.map((cells) => cells.map(harmless)),
            ])
          }
          const cut = files.flatMap(({ rejects }) => rejects.filter(({ isCut }) => isCut)).length
          assert.strictEqual(stdout.includes("too long to keep"), cut > 0)
        }).pipe(Effect.scoped),
      { arbitrary: { runs: 10 } },
    ),
  )

  it.live("a record longer than is kept is listed with its reasons, and not written", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const long = row("long@example.com", { name: "x".repeat(1024 * 1024) })
      const directory = yield* load(env, { "a.csv": `${header}\n${long}\n${row("nobody")}\n` })
      assert.match(
        (yield* etl(["rejects"], env)).stdout,
        /^a\.csv:2: longer than 1048576 bytes \(the maximum record size\)\n/,
      )
      const fix = join(directory, "fix")
      const { stdout } = yield* etl(["rejects", "--run", "1", "--out", fix], env)
      assert.strictEqual(latin1(fix), `${header}\n${row("nobody")}\n`)
      const [first, second] = reasonsOf(`${fix}.reasons.csv`)
      assert.deepInclude(first, { fix_line: "", line: "2", length: String(long.length) })
      assert.deepInclude(second, { fix_line: "2", line: "3" })
      assert.include(stdout, "1 record too long to keep: only the reasons are written")
    }).pipe(Effect.scoped),
  )

  it.live("writes records of a megabyte, page after page", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* storeMany(query, [100])
      yield* query("update etl_rejects set raw = convert_to(repeat('x', 1000000), 'UTF8'), length = 1000000")
      const directory = yield* temporaryDirectory
      const { code, stderr } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(statSync(join(directory, "fix.csv")).size, "id,email\n".length + 100 * 1_000_001)
    }).pipe(Effect.scoped),
  )

  it.live("writes for its owner alone, and nothing of the records to the log", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const directory = yield* load(env, { "a.csv": `${header}\n${row("nobody-at-all")}\n` })
      const { log, logText } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
      for (const name of ["fix.csv", "fix.reasons.csv"]) {
        assert.strictEqual(statSync(join(directory, name)).mode & 0o777, 0o600)
      }
      assert.deepInclude(log.at(-1), { step: "ETL", message: "rejects written", run: 1, records: 1 })
      for (const value of ["nobody-at-all", password, "Lovelace"]) assert.notInclude(logText, value)
    }).pipe(Effect.scoped),
  )

  it.live("is suggested with a name that no file has", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({ "a.csv": "email\nnobody\n", "mapping.json": '{"email":"email"}' })
      const cwd = yield* temporaryDirectory
      const outputOf = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const child = yield* spawnEtl(args, { cwd, env })
        yield* child.ended
        return child.output.stdout
      })
      const run = ["--source", source, "--mapping", join(source, "mapping.json"), "--geo", "none"]
      assert.include(yield* outputOf(...run), "\nrejects: etl rejects --run 1 --out fix.csv")
      writeFileSync(join(cwd, "fix.reasons.csv"), "")
      writeFileSync(join(cwd, "fix-2.csv"), "")
      assert.include(yield* outputOf("rejects"), "1 reject: etl rejects --run 1 --out fix-3.csv writes it")
      assert.include(yield* outputOf(...run, "--force"), "\nrejects: etl rejects --run 2 --out fix-3.csv")
      assert.include(yield* outputOf("rejects", "--out", "fix-3.csv"), "fix-3.csv: 1 record")
    }).pipe(Effect.scoped),
  )

  it.live("refuses a file that is there, leaves it as it is and nothing beside it", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* store(
        query,
        ["a", "b"].map((header) => ({
          uri: `/${header}.csv`,
          header: Buffer.from(header),
          rejects: [{ raw: Buffer.from("x"), reasons: [{ column: null, message: "bad" }] }],
        })),
      )
      for (const taken of ["fix.csv", "fix.reasons.csv", "fix-2.csv", "fix-2.reasons.csv"]) {
        const directory = yield* directoryOf({ [taken]: "mine" })
        const { code, stdout, stderr } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
        assert.deepEqual([code, stdout], [2, ""])
        assert.include(stderr, `${join(directory, taken)} already exists`)
        // Records of the second header go to fix-2.csv, or to fix-2-2.csv.
        const free = taken.startsWith("fix-2.") ? "fix-3.csv" : "fix-2.csv"
        assert.include(stderr, `name another file: --out ${join(directory, free)}`)
        assert.deepStrictEqual(readdirSync(directory), [taken])
        assert.strictEqual(latin1(join(directory, taken)), "mine")
      }
    }).pipe(Effect.scoped),
  )

  it.live("says what to do where it cannot write", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const directory = yield* load(env, oneBad)
      const { code, stderr } = yield* etl(["rejects", "--out", join(directory, "nowhere", "fix.csv")], env)
      assert.strictEqual(code, 2)
      assert.match(stderr, /fix\.csv cannot be written: its directory does not exist\. Create it/)
    }).pipe(Effect.scoped),
  )

  it.live("leaves nothing on a full disk", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk(64)
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* storeMany(query, [30_000])
      const out = join(disk.path, "fix.csv")
      const { code, stdout, stderr } = yield* etl(["rejects", "--out", out], env, disk.platform)
      assert.deepEqual([code, stdout], [2, ""])
      assert.match(stderr, /cannot be written: the disk is full\. Free space/)
      assert.deepStrictEqual(readdirSync(disk.path), [])
    }).pipe(Effect.scoped),
  )

  it.live("leaves nothing when it is interrupted", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* storeMany(query, [200_000])
      const directory = yield* temporaryDirectory
      const fix = join(directory, "fix.csv")
      const writing = yield* Effect.forkChild(etl(["rejects", "--out", fix], env))
      const isBegun = () => {
        const beside = readdirSync(directory).find((name) => /^fix\.csv\..+\.tmp$/.test(name))
        return beside !== undefined && statSync(join(directory, beside)).size >= 10_000
      }
      while (!isBegun()) yield* Effect.sleep(5)
      assert.isFalse(existsSync(fix))
      yield* Fiber.interrupt(writing)
      assert.deepStrictEqual(readdirSync(directory), [])
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects --delete", () => {
  it.live("deletes the rejects of one run, and says how many", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* load(env, oneBad)
      yield* load(env, { "b.csv": `${header}\n${row("nobody")}\n${row("nobody")}\n` })
      const deleted = yield* etl(["rejects", "--delete", "latest"], env)
      assert.deepInclude(deleted, { code: 0, stdout: "Deleted 2 rejects of run 2." })
      assert.deepInclude(deleted.log.at(-1), { message: "rejects deleted", run: 2, records: 2 })
      assert.deepStrictEqual(yield* query("select run_id::int from etl_rejects"), [{ run_id: 1 }])
      assert.strictEqual((yield* etl(["rejects", "--delete", "2"], env)).stdout, "Deleted 0 rejects of run 2.")
      assert.strictEqual((yield* etl(["rejects", "--delete", "1"], env)).stdout, "Deleted 1 reject of run 1.")
      const noOther = "No rejects of other runs are kept."
      assert.strictEqual((yield* etl(["rejects"], env)).stdout, `No rejects of run 2 are kept.\n${noOther}`)
      yield* load(env, noneBad)
      assert.strictEqual((yield* etl(["rejects"], env)).stdout, `Run 3 rejected nothing.\n${noOther}`)
    }).pipe(Effect.scoped),
  )

  it.live("deletes as many as there are", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      yield* storeMany(query, [25_001, 10])
      assert.strictEqual((yield* etl(["rejects", "--delete", "1"], env)).stdout, "Deleted 25,011 rejects of run 1.")
      assert.deepStrictEqual(yield* query("select 1 from etl_rejects"), [])
    }).pipe(Effect.scoped),
  )
})

describe("etl rejects, used wrongly", () => {
  it.live.each([
    [["--run", "last"], 'Invalid value "last" for --run:'],
    [["--run", "0"], "latest or a positive whole number"],
    [["--run", "1.5"], 'Invalid value "1.5" for --run:'],
    [["--run", "1; drop table users"], "latest or a positive whole number"],
    [["--run=-1"], 'Invalid value "-1" for --run:'],
    [["--run", "99999999999999999999"], "--run"],
    [["--delete", "all"], 'Invalid value "all" for --delete:'],
    [["--delete", "1", "--run", "1"], "--delete cannot be combined with --run or --out"],
    [["--delete", "1", "--out", "fix.csv"], "--delete cannot be combined with --run or --out"],
    [["--json", "--out", "fix.csv"], "--json cannot be combined with --out or --delete"],
    [["--json", "--delete", "1"], "--json cannot be combined with --out or --delete"],
    [["--out", "fix.csv.gz"], 'Invalid value "fix.csv.gz" for --out:'],
    [["--out="], "--out"],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, string]>)("%s exits 2 and says why", ([args, expected]) =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { code, stdout, stderr } = yield* etl(["rejects", ...args], env)
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, expected)
      assert.strictEqual(stdout, "")
    }).pipe(Effect.scoped),
  )
})
