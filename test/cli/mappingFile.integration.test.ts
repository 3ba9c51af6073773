// A mapping file that says the format of the files, and the flags beside it.

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"

const columns = { Mail: "email", Vorname: "first_name", Firma: "last_name" }

const latin1 = (lines: ReadonlyArray<string>) => Buffer.from(`${lines.join("\n")}\n`, "latin1")

/** Writes the mapping, and makes a database. */
const setUp = Effect.fnUntraced(function* (mapping: object, files: Readonly<Record<string, string | Uint8Array>>) {
  const { env, query } = yield* makeDatabase
  const directory = yield* directoryOf({ "m.json": JSON.stringify(mapping) })
  const source = yield* directoryOf(files)
  const path = join(directory, "m.json")
  const run = (...flags: ReadonlyArray<string>) =>
    etl(["--source", source, "--mapping", path, "--geo", "none", ...flags], env)
  const users = query<{ email: string; first_name: string | null; last_name: string | null }>(
    "select email, first_name, last_name from users order by email",
  )
  return {
    directory,
    env,
    path,
    query,
    run,
    source,
    users,
    save: (mapping: object) => writeFileSync(path, JSON.stringify(mapping)),
  }
})

const crm = latin1(["Stand: heute", "Mail;Vorname;Firma", "zoe@example.com;Zoë;-", "bo@example.com;Bo;A|B"])
const format = { encoding: "windows-1252", delimiter: ";", skipLines: 1, nullWords: ["-"] }

describe("the format in a mapping file", () => {
  it.live("reads the files, and is kept with the load", () =>
    Effect.gen(function* () {
      const { query, run, users } = yield* setUp({ format, columns }, { "a.csv": crm })
      const { code, stderr } = yield* run()
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(yield* users, [
        { email: "bo@example.com", first_name: "Bo", last_name: "A|B" },
        { email: "zoe@example.com", first_name: "Zoë", last_name: null },
      ])
      const [file] = yield* query<{ format: object }>("select format from etl_files")
      assert.deepInclude(file!.format, format)
    }).pipe(Effect.scoped),
  )

  it.live("yields to each flag that is given, and to no other", () =>
    Effect.gen(function* () {
      const files = { "a.csv": "Mail|Vorname|Firma\nzoe@example.com| Zoë |-\nbo@example.com||NULL\n" }
      const said = { encoding: "utf-16le", delimiter: ";", skipLines: 9, trim: false, nullWords: ["-"] }
      const { run, users } = yield* setUp({ format: said, columns }, files)
      const flags = ["--encoding", "auto", "--delimiter", "auto", "--skip-lines", "auto", "--null", "NULL"]
      const { code, stderr } = yield* run(...flags)
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(yield* users, [
        { email: "bo@example.com", first_name: null, last_name: null },
        { email: "zoe@example.com", first_name: " Zoë ", last_name: "-" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("is taken back by flags: the header, comments and null words", () =>
    Effect.gen(function* () {
      const said = { header: ["Vorname", "Mail", "Firma"], comment: "#", nullWords: ["-"] }
      const content = "Mail,Vorname,Firma\n#zoe@example.com,-,none\nx,y,z\n"
      const { directory, env, path, run, users } = yield* setUp({ format: said, columns }, { "a.csv": content })
      const flags = ["--header", "auto", "--comment", "none", "--null", ""]
      const { code, stderr } = yield* run(...flags, "--max-rejects", "1")
      assert.strictEqual(code, 3, stderr)
      assert.deepStrictEqual(yield* users, [{ email: "#zoe@example.com", first_name: "-", last_name: "none" }])
      const { stdout } = yield* etl(["rejects", "--out", join(directory, "fix.csv")], env)
      assert.include(stdout, " --header auto --comment none --null ''\n")
      const checked = yield* etl(["check", "--mapping", path, "--geo", "none", ...flags], env)
      assert.match(checked.stdout, /header +auto +--header\n/)
      assert.match(checked.stdout, /comment +none +--comment\n/)
      assert.match(checked.stdout, /null +none +--null\n/)
    }).pipe(Effect.scoped),
  )

  it.live("that a flag contradicts is refused, and both are named", () =>
    Effect.gen(function* () {
      const { path, run } = yield* setUp({ format: { quote: "'" }, columns }, { "a.csv": crm })
      const { code, stderr } = yield* run("--delimiter", "'")
      assert.strictEqual(code, 2)
      assert.include(stderr, `--delimiter and quote in ${path} contradict each other: the delimiter is the quote.`)
      const checked = yield* etl(["check", "--mapping", path, "--delimiter", "'", "--geo", "none"])
      assert.strictEqual(checked.code, 2)
      assert.include(
        checked.stdout.replaceAll(/\s+/g, " "),
        `WRONG mapping --delimiter and quote in ${path} contradict`,
      )
      const flags = yield* run("--delimiter", "'", "--quote", "'")
      assert.include(flags.stderr, "--delimiter and --quote contradict each other: the delimiter is the quote.")
      assert.notStrictEqual((yield* run("--delimiter", "'", "--quote", "none")).code, 2)
    }).pipe(Effect.scoped),
  )

  it.live("with something to choose loads nothing, and names the choices", () =>
    Effect.gen(function* () {
      const mapping = {
        format: { encoding: "?", choices: { encoding: ["windows-1252", "windows-1250"] } },
        columns: { ...columns, Joined: { column: "created_at", format: "?", choices: ["DD/MM/YYYY", "MM/DD/YYYY"] } },
      }
      const { path, run } = yield* setUp(mapping, { "a.csv": crm })
      const { code, stderr, stdout } = yield* run()
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.include(stderr, `${path}: line 1: format: encoding is "?": write one of "windows-1252", "windows-1250"; `)
      assert.include(stderr, `line 1: "Joined": format is "?": write one of "DD/MM/YYYY", "MM/DD/YYYY"`)
    }).pipe(Effect.scoped),
  )

  it.live("is what etl check shows, with where each comes from", () =>
    Effect.gen(function* () {
      const { env, path, source } = yield* setUp({ format: { ...format, trim: true }, columns }, { "a.csv": crm })
      const flags = ["--source", source, "--mapping", path, "--geo", "none", "--encoding", "cp1250", "--trim=on"]
      const { code, stdout } = yield* etl(["check", ...flags, "--json"], env)
      assert.strictEqual(code, 0, stdout)
      const {
        findings,
        settings,
      }: {
        readonly settings: ReadonlyArray<{ readonly name: string; readonly value: string; readonly from: string }>
        readonly findings: ReadonlyArray<{ readonly check: string; readonly text: string }>
      } = JSON.parse(stdout)
      const shown = new Map(settings.map(({ from, name, value }) => [name, [value, from]]))
      assert.deepStrictEqual(
        ["encoding", "delimiter", "quote", "skip-lines", "trim", "null", "comment"].map((name) => shown.get(name)),
        [
          ["windows-1250", "--encoding"],
          ['";"', path],
          ['"\\""', "default"],
          ["1", path],
          ["on", "--trim"],
          ['"-"', path],
          ["none", "default"],
        ],
      )
      assert.include(findings.find(({ check }) => check === "format")?.text, "windows-1250")
    }).pipe(Effect.scoped),
  )

  it.live("belongs to an unfinished load, as flags do", () =>
    Effect.gen(function* () {
      const bad = Array.from({ length: 20 }, (_, index) => `nobody${index};A;B`)
      const files = { "a.csv": latin1(["Mail;Vorname;Firma", "a@example.com;A;B", ...bad]) }
      const { run, save } = yield* setUp({ format: { delimiter: ";" }, columns }, files)
      assert.strictEqual((yield* run("--max-rejects", "3", "--chunksize", "1")).code, 4)
      save({ format: { delimiter: ";", shortRows: "null" }, columns })
      const other = yield* run("--max-rejects", "3", "--chunksize", "1")
      assert.strictEqual(other.code, 2)
      assert.include(other.stderr, 'started loading with short rows "reject". Give the same, or start over.')
      // What the file says is no part of the mapping: as flags it is the same.
      save(columns)
      assert.strictEqual((yield* run("--max-rejects", "100%", "--delimiter", ";")).code, 3)
    }).pipe(Effect.scoped),
  )

  it.live("does not hinder the command that loads corrected rejects", () =>
    Effect.gen(function* () {
      const content = latin1(["Mail,Vorname,Firma", "zoe,Zoë; x ,-", "bo@example.com,Bo,A"])
      const said = { ...format, encoding: "koi8-r", comment: "#", shortRows: "null", trim: false }
      const { directory, env, path, run, users } = yield* setUp({ format: said, columns }, { "a.csv": content })
      const against = [
        "--encoding",
        "cp1252",
        "--delimiter",
        "auto",
        "--skip-lines",
        "auto",
        "--trim",
        "on",
        "--null",
        "x",
      ]
      assert.strictEqual((yield* run(...against, "--max-rejects", "100%")).code, 3)
      const fix = join(directory, "fix.csv")
      const { stdout } = yield* etl(["rejects", "--out", fix], env)
      const flags =
        " --encoding windows-1252 --delimiter , --skip-lines 0 --comment '#' --short-rows null --trim on --null x"
      assert.include(stdout, `Correct ${fix}, then run: etl --source ${fix}${flags}\n`)
      writeFileSync(fix, readFileSync(fix, "latin1").replace("zoe,", "zoe@example.com,"), "latin1")
      const printed = flags.replaceAll("'", "").trim().split(" ")
      const again = yield* etl(["--source", fix, ...printed, "--mapping", path, "--geo", "none"], env)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.deepInclude(yield* users, { email: "zoe@example.com", first_name: "Zoë; x", last_name: "-" })
    }).pipe(Effect.scoped),
  )
})
