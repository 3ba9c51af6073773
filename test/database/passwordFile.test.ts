import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { find, passwordIn } from "../../src/database/passwordFile.ts"
import { settings } from "../../src/database/serverVariables.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const login = { host: "db.example.com", port: 5432, database: "crm", username: "ada" }

describe("passwordIn", () => {
  const cases: ReadonlyArray<readonly [text: string, password: string | undefined, changes?: Partial<typeof login>]> = [
    ["db.example.com:5432:crm:ada:secret", "secret"],
    ["db.example.com:5432:crm:ada:secret\r\n", "secret"],
    ["# db.example.com:5432:crm:ada:comment\n\n*:*:*:*:any", "any"],
    ["other:5432:crm:ada:1\ndb.example.com:5433:crm:ada:2\ndb.example.com:5432:crm:bob:3", undefined],
    ["*:*:*:ada:first\n*:*:*:*:second", "first"],
    ["*:*:crm:ada", undefined],
    ["*:*:*:*:a\\:b\\\\c\\d", "a:b\\cd"],
    ["*:*:*:*:a:b", "a"],
    ["*:*:*:*:a\\", "a\\"],
    ["*:*:*:*:", ""],
    ["*:*:c\\:r\\\\m:*:p", "p", { database: "c:r\\m" }],
    ["*:*:\\*:*:p", undefined],
    ["*:*:\\*:*:p", "p", { database: "*" }],
    ["*:*:c*:*:p", undefined],
    ["\\:\\:1:*:*:*:p", "p", { host: "::1" }],
    ["localhost:*:*:*:p", "p", { host: "/var/run/postgresql" }],
    ["/tmp:*:*:*:p", "p", { host: "/tmp" }],
    ["localhost:*:*:*:p", undefined],
  ]
  it.each(cases.map(([text, password, changes]) => ({ text, password, changes })))("reads $text", (each) => {
    const { changes, password, text } = each
    assert.strictEqual(passwordIn(text, { ...login, ...changes }), password)
  })

  it("takes linear time for a line that fits nothing", () => {
    assert.isUndefined(passwordIn("\\:".repeat(500_000), login))
  })
})

describe("the password file", () => {
  const write = (path: string, mode: number, text = "*:*:*:*:from the file\n") => {
    writeFileSync(path, text)
    chmodSync(path, mode)
  }
  const within = (env: Record<string, string>) =>
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

  it.effect("is looked up where no password is given, whatever names the server", () =>
    Effect.gen(function* () {
      const PGPASSFILE = join(yield* temporaryDirectory, "pgpass")
      write(PGPASSFILE, 0o600, "h:1:d:u:right\n*:*:*:*:other\n")
      const password = (env: Record<string, string>) =>
        Effect.map(
          settings({}).pipe(within({ PGPASSFILE, ...env })),
          ({ password }) => password && Redacted.value(password),
        )
      assert.strictEqual(yield* password({ PGHOST: "h", PGPORT: "1", PGDATABASE: "d", PGUSER: "u" }), "right")
      assert.strictEqual(yield* password({ DB_HOST: "h", DB_PORT: "1", DB_NAME: "d", DB_USER: "u" }), "right")
      assert.strictEqual(yield* password({ DATABASE_URL: "postgres://u@h:1/d", DB_USER: "x" }), "right")
      assert.strictEqual(yield* password({ DB_HOST: "h" }), "other")
      assert.strictEqual(yield* password({ DB_HOST: "h", DB_PASS: "given" }), "given")
      assert.strictEqual(yield* password({ DATABASE_URL: "postgres://u:given@h" }), "given")
      assert.strictEqual(yield* password({ PGHOST: "h", PGPASSWORD: "given" }), "given")
    }).pipe(Effect.scoped),
  )

  it.effect("is ignored, and says why, where others may read it or it is no file", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryDirectory
      const path = join(folder, "pgpass")
      const look = (PGPASSFILE: string) => find(login).pipe(within({ PGPASSFILE }))
      assert.deepInclude(yield* look(path), { password: undefined, ignored: undefined })
      assert.deepInclude(yield* look(join(path, "x")), { password: undefined, ignored: undefined })
      for (const mode of [0o640, 0o604, 0o620, 0o611]) {
        write(path, mode)
        assert.deepInclude(yield* look(path), {
          password: undefined,
          ignored: `The password file ${path} is ignored: other users may have access to it. Run chmod 600 ${path}.`,
        })
      }
      for (const mode of [0o600, 0o400]) {
        write(path, 0o600)
        chmodSync(path, mode)
        const { password } = yield* look(path)
        assert.strictEqual(password && Redacted.value(password), "from the file")
      }
      chmodSync(path, 0o600)
      write(path, 0o600, "*:*:*:*:\n")
      assert.deepInclude(yield* look(path), { password: undefined, ignored: undefined })
      write(path, 0o600, "#".repeat(1024 * 1024 + 1))
      assert.include((yield* look(path)).ignored, "more than 1 MiB")
      mkdirSync(join(folder, "d"))
      assert.include((yield* look(join(folder, "d"))).ignored, "not a regular file")
      assert.include((yield* look("/dev/null")).ignored, "not a regular file")
    }).pipe(Effect.scoped),
  )
})
