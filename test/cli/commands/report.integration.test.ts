import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { printable } from "../../../src/text/printable.ts"
import { reportMark } from "../../../src/report/reportMark.ts"
import { smallDisk } from "../../utils/disk.ts"
import { freshFolder } from "../../utils/embedded.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { readMarkup } from "../../utils/markup.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string, gender = "f") =>
  `7,CanaryFirst,CanaryLast,${email},${gender},8.8.8.8,1/22/2020,2024-05-06,CanaryPassword,yes`
const files = {
  "a.csv": `${header}\n${row("canary@example.com")}\n${row("canary-mail")}\n`,
  "b.csv": `${header}\n${row("second@example.com", "m")}\n`,
}

const attack = `'"><script>alert(1)</script>`

const load = Effect.fnUntraced(function* (
  env: Readonly<Record<string, string>>,
  content: Readonly<Record<string, string>> = files,
) {
  const source = yield* directoryOf(content)
  const { code, stderr } = yield* etl(["--source", source, "--geo", "none"], env)
  assert.include([0, 3, 7], code, stderr)
  return source
})

const textOf = (path: string): string => readMarkup(readFileSync(path, "utf8")).text.replaceAll(/\s+/g, " ")

/** What is run in place of the program that opens a file. */
const writeOpener = (directory: string, script: string): void => {
  for (const name of ["xdg-open", "open"]) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(directory, name), 0o755)
  }
}

/** Variables of this process, until the scope closes. */
const setEnvironment = (values: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      Object.assign(process.env, values)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const name of Object.keys(values)) delete process.env[name]
        Object.assign(process.env, before)
      }),
  )

describe("etl report", () => {
  it.live("writes a page about the users and the latest run, and prints where it is", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env)
      const out = join(yield* temporaryDirectory, "r.html")
      const { code, stderr, stdout } = yield* etl(["report", "--out", out], env)
      assert.deepStrictEqual([code, stdout, stderr], [0, out, ""])

      const text = textOf(out)
      for (const part of [
        "Users 2",
        "Rejected 1",
        "email is not a valid e-mail address",
        "a.csv:3",
        "Run 1 (finished)",
      ]) {
        assert.include(text, part)
      }
      assert.notMatch(readFileSync(out, "utf8"), /canary/i)
    }).pipe(Effect.scoped),
  )

  it.live("reports the run that is asked for, replaces an earlier report, and does so as a whole", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env)
      yield* load(env, { "c.csv": `${header}\n${row("third@example.com")}\n` })
      const directory = yield* temporaryDirectory
      const out = join(directory, "r.html")
      assert.strictEqual((yield* etl(["report", "--out", out], env)).code, 0)
      assert.include(textOf(out), "Run 2 (finished)")

      const link = join(directory, "link.html")
      symlinkSync(out, link)
      const { stdout } = yield* etl(["report", "--run", "1", "--out", link], env)
      assert.strictEqual(stdout, out)
      assert.include(textOf(out), "Run 1 (finished)")
      assert.deepStrictEqual(readdirSync(directory).sort(), ["link.html", "r.html"])

      const unknown = yield* etl(["report", "--run", "9", "--out", out], env)
      assert.deepStrictEqual(
        [unknown.code, unknown.stdout, unknown.stderr],
        [2, "", "There is no run 9. The latest is 2."],
      )
      assert.include(textOf(out), "Run 1 (finished)")
    }).pipe(Effect.scoped),
  )

  it.live("takes nothing of the data for markup: columns, file names, paths", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const name = `x ${attack.replaceAll("/", "")} \u001b[31m.csv`
      yield* load(env, {
        [name]: files["a.csv"],
        "b.csv": `${header}\n${row("third@example.com", `"${attack.slice(0, 16).replaceAll('"', '""')}"`)}\n`,
      })
      yield* query("alter table users alter column country type text, alter city type text, alter isp_name type text")
      yield* query(
        "update users set country = $1, region = $2, city = $1, isp_name = $1, latitude = 1, longitude = 1",
        [attack, attack.slice(0, 60)],
      )
      yield* query("update etl_runs set source = source || $1", [attack])
      const out = join(yield* temporaryDirectory, "r.html")
      assert.strictEqual((yield* etl(["report", "--out", out], env)).code, 0)
      const { elements, text } = readMarkup(readFileSync(out, "utf8"))
      assert.notInclude(elements, "script")
      for (const shown of [`${attack} (2 users)`, `${printable(name)}:3`, attack.slice(0, 16)])
        assert.include(text, shown)
    }).pipe(Effect.scoped),
  )

  it.live("writes a page about tables without users, of the embedded database too", () =>
    Effect.gen(function* () {
      const embedded = yield* freshFolder
      yield* etl(["init", "--embedded", embedded])
      const out = join(yield* temporaryDirectory, "r.html")
      const { code, stderr } = yield* etl(["report", "--embedded", embedded, "--out", out])
      assert.strictEqual(code, 0, stderr)
      assert.include(textOf(out), "No run yet. etl --source DIR loads files.")
    }).pipe(Effect.scoped),
  )

  it.live("says what to do where the tables are missing or of an earlier version (2), and makes none", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const out = join(yield* temporaryDirectory, "r.html")
      const { code, stderr } = yield* etl(["report", "--out", out], env)
      assert.strictEqual(code, 2)
      assert.match(stderr, /lacks the tables of this version.*etl --source DIR.*etl init/)
      assert.deepStrictEqual(yield* query("select from pg_tables where schemaname = 'public'"), [])

      yield* etl(["init"], env)
      yield* query("alter table etl_runs drop column stages")
      assert.match((yield* etl(["report", "--out", out], env)).stderr, /lacks the tables of this version/)
    }).pipe(Effect.scoped),
  )

  it.live("leaves alone what is no report, and says so before it opens a database (2)", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const letter = join(directory, "letter.html")
      writeFileSync(letter, "<p>Dear boss")
      mkdirSync(join(directory, "folder"))
      const nowhere = { DATABASE_URL: "postgres://127.0.0.1:1/none" }
      for (const [out, message] of [
        [
          letter,
          /letter\.html is not a report of etl and is not replaced\. Name another file: --out \/\S+\/letter-2\.html$/,
        ],
        [join(directory, "folder"), /folder is a directory\. Name another file with --out\./],
        ["/dev/null", /\/dev\/null is not a file/],
        [join(letter, "r.html"), /r\.html is not in a directory/],
        [join(directory, "missing", "r.html"), /its directory does not exist\. Create it\./],
        ["", /--out is empty/],
      ] as const) {
        const { code, stderr } = yield* etl(["report", "--out", out], nowhere)
        assert.strictEqual(code, 2, stderr)
        assert.match(stderr, message)
      }
      assert.strictEqual(readFileSync(letter, "utf8"), "<p>Dear boss")
      assert.deepStrictEqual(readdirSync(directory).sort(), ["folder", "letter.html"])
    }).pipe(Effect.scoped),
  )

  it.live("keeps the earlier report where the disk is full (2)", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env)
      const disk = yield* smallDisk(16)
      const out = join(disk.path, "r.html")
      const before = `<!doctype html>${reportMark}`
      writeFileSync(out, before)
      const { code, stderr } = yield* etl(["report", "--out", out], env, disk.platform)
      assert.strictEqual(code, 2)
      assert.include(stderr, "the disk is full")
      assert.strictEqual(readFileSync(out, "utf8"), before)
      assert.deepStrictEqual(readdirSync(disk.path), ["r.html"])
    }).pipe(Effect.scoped),
  )

  it.live("opens the report, or says where it is", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env)
      const directory = yield* temporaryDirectory
      const out = join(directory, "r.html")
      const opened = join(directory, "opened")
      yield* setEnvironment({ PATH: `${directory}${delimiter}${process.env.PATH}` })
      const stub = (code: number) => writeOpener(directory, `echo "$1" >> ${opened}; exit ${code}`)
      stub(0)
      const first = yield* etl(["report", "--open", "--out", out], env)
      assert.deepStrictEqual([first.code, first.stdout, first.stderr], [0, out, ""])
      assert.strictEqual(readFileSync(opened, "utf8"), `${out}\n`)

      const failed = `The report cannot be opened from here. Open ${out} in a browser.`
      stub(3)
      const second = yield* etl(["report", "--open", "--out", out], env)
      assert.deepStrictEqual([second.code, second.stdout, second.stderr], [0, out, failed])
      process.env.PATH = join(directory, "nothing")
      const third = yield* etl(["report", "--open", "--out", out], env)
      assert.deepStrictEqual([third.code, third.stdout, third.stderr], [0, out, failed])
    }).pipe(Effect.scoped),
  )

  it.live("gives the browser what it needs, and no secret", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      yield* load(env)
      const directory = yield* temporaryDirectory
      const seen = join(directory, "seen")
      const needed = {
        DISPLAY: ":7",
        WAYLAND_DISPLAY: "wayland-7",
        XDG_RUNTIME_DIR: directory,
        LC_ALL: "C",
        HOME: directory,
      }
      const secrets = [
        "DB_PASS",
        "DATABASE_URL",
        "PGPASSWORD",
        "IP_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
      ]
      const others = ["OTEL_EXPORTER_OTLP_HEADERS", "GITHUB_TOKEN", "HTTPS_PROXY", "XSECRET", "HOME_TOKEN"]
      yield* setEnvironment({
        ...needed,
        ...Object.fromEntries([...secrets, ...others].map((name) => [name, "geheim"])),
        PATH: `${directory}${delimiter}${process.env.PATH}`,
      })
      writeOpener(directory, `env > ${seen}`)
      const { code, stderr } = yield* etl(["report", "--open", "--out", join(directory, "r.html")], env)
      assert.deepStrictEqual([code, stderr], [0, ""])
      const environment = readFileSync(seen, "utf8")
      assert.includeMembers(
        environment.split("\n"),
        Object.entries(needed).map(([name, value]) => `${name}=${value}`),
      )
      assert.notInclude(environment, "geheim")
    }).pipe(Effect.scoped),
  )
})
