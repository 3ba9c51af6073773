import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmodSync, existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { spawnEtl } from "../utils/etlChild.ts"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"

const makeSource = directoryOf({
  "1.csv": "email,ip\na@example.com,\n",
  "column_mappings.json": '{ "email": "email", "ip": "ip_address" }',
})

/** libpq's variables for what ours name, without the password. */
const asLibpqs = ({ DB_HOST, DB_NAME, DB_PORT, DB_USER }: Readonly<Record<string, string>>) => ({
  PGHOST: DB_HOST!,
  PGPORT: DB_PORT!,
  PGUSER: DB_USER!,
  PGDATABASE: DB_NAME!,
})

describe("the database of a command", () => {
  it.live("is the server that libpq's variables name, with a password of the password file", () =>
    Effect.gen(function* () {
      const cwd = yield* makeSource
      const { env, query } = yield* makeDatabase
      const passwords = join(cwd, "passwords")
      writeFileSync(passwords, `*:*:other:*:wrong\n*:${env["DB_PORT"]}:${env["DB_NAME"]}:*:${env["DB_PASS"]}\n`)
      chmodSync(passwords, 0o600)
      const libpqs = { ...asLibpqs(env), PGPASSFILE: passwords, HOME: cwd }
      const run = yield* spawnEtl(["--source", cwd, "--geo", "none"], { cwd, env: libpqs })
      assert.strictEqual(yield* run.ended, 0, run.output.stderr)
      const name = `PostgreSQL ${env["DB_NAME"]} at ${env["DB_HOST"]}:${env["DB_PORT"]}`
      assert.include(run.output.stdout.split("\n"), `Database: ${name}`)
      assert.deepStrictEqual(yield* query("select email from users"), [{ email: "a@example.com" }])
      assert.isFalse(existsSync(join(cwd, ".etl")))

      const args = ["--source", cwd, "--mapping", join(cwd, "column_mappings.json"), "--geo", "none"]
      const again = yield* etl([...args, "--json"], libpqs)
      assert.deepInclude(JSON.parse(again.stdout), { exitCode: 0, database: name })
      const nothing = yield* etl(args, libpqs)
      assert.include(nothing.stdout.split("\n"), `Database: ${name}`)
      const located = yield* etl(["locate", "--json"], { ...libpqs, IP_API_URL: "http://127.0.0.1:1" })
      assert.deepInclude(JSON.parse(located.stdout), { database: name })

      const check = yield* etl(["check", "--geo", "none"], libpqs)
      assert.match(check.stdout, /^database name +\S+ +PGDATABASE \(environment\)$/m)
      assert.include(check.stdout, passwords)
      assert.notInclude(check.stdout, "ignored")

      chmodSync(passwords, 0o644)
      const open = yield* etl(args, libpqs)
      assert.strictEqual(open.code, 6)
      assert.include(open.stderr, `The password file ${passwords} is ignored: other users may have access to it.`)
      assert.include(open.stderr, "Set PGPASSWORD.")
      const checked = yield* etl(["check", "--geo", "none"], libpqs)
      assert.match(checked.stdout, /^note +password +The password file .* is ignored/m)
    }).pipe(Effect.scoped),
  )

  it.live("does not mix variables of libpq with ours, which a check reports", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const libpqs = { PGHOST: "192.0.2.1", PGPASSWORD: "s3cret" }
      const { code, stdout } = yield* etl(["check", "--geo", "none"], { ...env, ...libpqs })
      assert.strictEqual(code, 0, stdout)
      assert.match(stdout, /^note +PG\* +ignored: PGHOST, PGPASSWORD\. They apply if /m)
      const folder = join(yield* makeSource, "pgdata")
      const embedded = yield* etl(["check", "--geo", "none", "--embedded", folder], libpqs)
      assert.match(embedded.stdout, /^note +PG\* +ignored: PGHOST, PGPASSWORD\./m)
      assert.match(embedded.stdout, /^ok +database +embedded, in /m)
      assert.notInclude(stdout + embedded.stdout, "s3cret")
    }).pipe(Effect.scoped),
  )
})
