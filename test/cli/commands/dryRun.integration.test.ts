import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { fakeIpApi } from "../../utils/ipApi.ts"
import { makeMmdb } from "../../utils/mmdb.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const password = "a1".repeat(32)
const row = (email: string, fields: { readonly name?: string; readonly ip?: string; readonly day?: string } = {}) =>
  `7,${fields.name ?? "Ada"},Lovelace,${email},f,${fields.ip ?? "8.8.8.8"},1/22/2020,${fields.day ?? "2024-05-06"},${password},yes`

const numberAfter = (text: string, word: string): number =>
  Number(new RegExp(`^  ${word} +([\\d,]+)`, "m").exec(text)?.[1]?.replaceAll(",", ""))

describe("etl run --dry-run", () => {
  it.live("shows what the run then does, and where the rejects are", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const emails = Array.from({ length: 400 }, (_, index) => `user${(index * 7) % 150}@example.com`)
      const source = yield* directoryOf({
        "1.csv": [header, ...emails.map((email) => row(email))].join("\n"),
        "2.csv": `${header}\n${row("nobody", { ip: "1.2.3" })}\n1,"x"y\n${row("")}\n${row("Bo@Example.com ")}\n`,
        "3.csv.gz": gzipSync(`${header}\n${row("c@example.com")}\n`),
      })
      const args = ["--source", source, "--geo", "none", "--chunksize", "90", "--max-rejects", "100%"]
      const dry = yield* etl([...args, "--dry-run"])
      const real = yield* etl(args, env)
      assert.deepStrictEqual([dry.code, real.code], [3, 3], dry.stderr)
      for (const outcome of ["read", "duplicate", "rejected"]) {
        assert.strictEqual(numberAfter(dry.stdout, outcome), numberAfter(real.stdout, outcome), outcome)
      }
      const written = ["inserted", "updated", "unchanged", "stale"].map((outcome) => numberAfter(real.stdout, outcome))
      assert.strictEqual(
        numberAfter(dry.stdout, "upserts"),
        written.reduce((sum, count) => sum + count, 0),
      )
      assert.include(dry.stdout, " records; only the database knows which users are new\n")
      assert.include(
        dry.stdout,
        [
          "Rejected:",
          "  1  email is not a valid e-mail address, first at 2.csv:2",
          "  1  ip_address is not an IPv4 or IPv6 address, first at 2.csv:2",
          "  1  text after a closing quote, first at 2.csv:3",
          "  1  email is missing, first at 2.csv:4",
          "The rejects:",
          '  2.csv:2: email "nobody" is not a valid e-mail address; ip_address "1.2.3" is not an IPv4 or IPv6 address',
          "  2.csv:3: text after a closing quote",
          "  2.csv:4: email is missing",
        ].join("\n"),
      )
      // Loaded by now, and read all the same.
      const again = yield* etl([...args, "--dry-run"], env)
      assert.strictEqual(numberAfter(again.stdout, "read"), 405)
    }).pipe(Effect.scoped),
  )

  it.live("writes nothing, opens no database, asks no service", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const service = yield* fakeIpApi()
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com")}\n` })
      const folder = join(source, "pgdata")
      const dryRun = ["--source", source, "--dry-run"]
      for (const { args, settings } of [
        { args: ["--embedded", folder], settings: {} },
        { args: [], settings: env },
        { args: [], settings: { ...env, DB_PORT: "1" } },
      ]) {
        const { code, stdout, stderr } = yield* etl([...dryRun, ...args], { ...settings, IP_API_URL: service.url })
        assert.strictEqual(code, 0, stderr)
        assert.match(stdout, /the service is not asked/)
      }
      assert.isFalse(existsSync(folder))
      assert.lengthOf(service.requests, 0)
      const tables = yield* query("select from pg_tables where schemaname = 'public'")
      assert.lengthOf(tables, 0)
    }).pipe(Effect.scoped),
  )

  it.live("shows the first users with their places, without passwords, and nothing that moves the cursor", () =>
    Effect.gen(function* () {
      const place = { latitude: 1.5, longitude: 2.5, country_code: "FR", city: "Here" }
      const source = yield* directoryOf({
        "1\u001b[2J.csv": [
          header,
          row("b@example.com", { day: "2020-01-01" }),
          row("b@example.com", { name: "Bo\u001b[31m" }),
          row("a@example.com", { ip: "9.9.9.9" }),
        ].join("\n"),
        "city.mmdb": makeMmdb({ ipVersion: 4, recordSize: 24, networks: [["8.8.8.0/24", place]] }),
      })
      const geo = ["--geo", "mmdb,ip-api", "--geo-db", join(source, "city.mmdb")]
      const { code, stdout, stderr } = yield* etl(["--source", source, "--dry-run", ...geo])
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, "Addresses: 1 located, 0 without a place, 1 left to the service")
      assert.include(
        stdout,
        [
          "The first 2 users:",
          "  1\\u001b[2J.csv:3",
          "    source_id   7",
          "    first_name  Bo\\u001b[31m",
          "    last_name   Lovelace",
          "    email       b@example.com",
          "    gender      f",
          "    ip_address  8.8.8.8",
          "    created_at  2020-01-22",
          "    updated_at  2024-05-06",
          "    password    ***",
          "    status      true",
          "    latitude    1.5",
          "    longitude   2.5",
          "    country     France",
          "    region      null",
          "    city        Here",
        ].join("\n"),
      )
      assert.notInclude(stdout + stderr, "\u001b")
      const json = yield* etl(["--source", source, "--dry-run", "--json", ...geo])
      const summary = JSON.parse(json.stdout) as Record<string, unknown>
      assert.deepInclude(summary, { exitCode: 0, dryRun: true, runId: 0 })
      assert.deepInclude(summary["totals"] as object, { read: 3, inserted: 2, duplicate: 1 })
      for (const text of [stdout, stderr, json.stdout]) assert.notInclude(text, password)
    }).pipe(Effect.scoped),
  )

  it.live("shows which fields extra keeps, and none of their texts: any may be a secret", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 100 }, (_, index) => `field${index}`)
      const source = yield* directoryOf({
        "1.csv": `email,PIN,Phone,${many.join()}\na@example.com,s3cret,030 1,\nb@example.com,s3cret,030 2${",s3cret".repeat(100)}\n`,
        "mapping.json": '{ "email": "email", "Phone": "extra.phone", "*": "extra" }',
      })
      const args = ["--source", join(source, "1.csv"), "--mapping", join(source, "mapping.json")]
      const { code, stdout } = yield* etl([...args, "--geo", "none", "--short-rows", "null", "--dry-run"])
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, '    extra       {"PIN":"***","phone":"***"}\n')
      assert.match(stdout, /^ {4}extra {7}\{"PIN":"\*{3}","field0":.{360,380}\.\.\.$/m)
      assert.notInclude(stdout, "s3cret")
    }).pipe(Effect.scoped),
  )

  it.live("ends as the run would: too many rejects (4), a file that cannot be read (5), bad flags (2)", () =>
    Effect.gen(function* () {
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("")}\n${row("a@example.com")}\n` })
      const stopped = yield* etl(["--source", source, "--dry-run", "--geo", "none", "--max-rejects", "0"])
      assert.strictEqual(stopped.code, 4, stopped.stderr)
      assert.match(stopped.stdout, /Stopped, as a run would.*--max-rejects 0/)

      const broken = yield* directoryOf({ "1.csv": "id;email\n", "2.csv": `${header}\n${row("a@example.com")}\n` })
      const failed = yield* etl(["--source", broken, "--dry-run", "--geo", "none"])
      assert.strictEqual(failed.code, 5, failed.stderr)
      assert.match(failed.stdout, /Failed: .*1\.csv: .*--mapping/)
      assert.strictEqual(numberAfter(failed.stdout, "upserts"), 1)

      assert.strictEqual((yield* etl(["--source", source, "--dry-run", "--geo-db", "x.mmdb"])).code, 2)
    }).pipe(Effect.scoped),
  )

  it.live("shows the most frequent reasons, and the first rejects", () =>
    Effect.gen(function* () {
      const bad = Array.from({ length: 300 }, (_, index) => "x,".repeat(index + 20))
      const source = yield* directoryOf({ "1.csv": [header, ...bad, ...bad.slice(0, 1)].join("\n") })
      const { code, stdout } = yield* etl(["--source", source, "--dry-run", "--geo", "none", "--max-rejects", "1000"])
      assert.strictEqual(code, 3)
      assert.match(stdout, /^ +2 {2}21 fields where the header has 10, first at 1\.csv:2$/m)
      assert.match(stdout, /^ {2}and 31 other reasons$/m)
      assert.match(stdout, /^The first 10:$/m)
    }).pipe(Effect.scoped),
  )
})
