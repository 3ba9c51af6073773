import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { inspect } from "node:util"
import { etl, makeDatabase } from "../utils/etl.ts"
import { behaviours, fakeIpApi } from "../utils/ipApi.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { runEtl } from "./etlProcess.ts"

/** What must be nowhere but where it is used: each has a word of its own, to be found again. */
const canaries = {
  IP_API_KEY: "canary-ip-api-key",
  AWS_ACCESS_KEY_ID: "CANARYACCESSKEYID",
  AWS_SECRET_ACCESS_KEY: "canary-secret-access-key",
  AWS_SESSION_TOKEN: "canary-session-token",
}
const databasePassword = "canary-database-password"
const userPassword = "canary-password-of-a-user"

const rows = [
  "email,ip,password",
  `a@example.com,8.8.8.8,${userPassword}`,
  `nobody,9.9.9.9,${userPassword}`,
  `c@example.com,1.2.3,${userPassword}-1`,
]

/** A store that refuses every request, and says again who asked. */
const refusingStore = Effect.acquireRelease(
  Effect.promise(
    () =>
      new Promise<ReturnType<typeof createServer>>((resolve) => {
        const server = createServer(({ headers }, response) => {
          const said = `${headers.authorization} ${headers["x-amz-security-token"]}`
          response.writeHead(403, { "content-type": "application/xml" })
          response.end(`<Error><Code>InvalidToken</Code><Message>no</Message><Token-0>${said}</Token-0></Error>`)
        }).listen(0, "127.0.0.1", () => resolve(server))
      }),
  ),
  (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve))),
)

const makeSetting = Effect.gen(function* () {
  const cwd = yield* temporaryDirectory
  writeFileSync(join(cwd, "users.csv"), rows.map((row) => `${row}\n`).join(""))
  writeFileSync(join(cwd, "mapping.json"), '{ "email": "email", "ip": "ip_address", "password": "password" }')
  const { env, query } = yield* makeDatabase
  const load = ["--source", "users.csv", "--mapping", "mapping.json"]
  return { cwd, load, query, env: { ...canaries, ...env } as Readonly<Record<string, string>> }
})

/** All text of our tables, and of rejects: those hold the records, and what triggers say of them, to be corrected. */
const tables = `
  select coalesce(string_agg(t, ' '), '') as text,
    (select coalesce(string_agg((to_jsonb(e) - 'raw')::text, ' '), '') from etl_rejects e) as rejects from (
    select to_jsonb(r)::text as t from etl_runs r union all select to_jsonb(f)::text from etl_files f
    union all select to_jsonb(l)::text from ip_locations l
  ) all_tables`

type Setting = Effect.Success<typeof makeSetting>

const stages: Readonly<
  Record<
    string,
    (
      setting: Setting,
    ) => Effect.Effect<readonly [code: number, args: ReadonlyArray<string>, env?: Record<string, string>], unknown, any>
  >
> = {
  "the connection string is wrong": ({ load }) =>
    Effect.succeed([2, load, { DATABASE_URL: `mysql://me:${databasePassword}@127.0.0.1/d` }]),
  "the password is wrong": ({ load }) => Effect.succeed([6, load, { DB_PASS: databasePassword }]),
  "nothing listens": ({ load }) =>
    Effect.succeed([6, load, { DATABASE_URL: `postgres://me:${databasePassword}@127.0.0.1:1/d` }]),
  "a flag holds the connection string": ({ load }) =>
    Effect.succeed([6, [...load, "--database-url", `postgres://me:${databasePassword}@127.0.0.1:1/d`]]),
  "the mapping is wrong": ({ cwd, load }) =>
    Effect.sync(() => {
      writeFileSync(join(cwd, "mapping.json"), '{ "email": "email", "password": "pass" }')
      return [2, load] as const
    }),
  "the store refuses": () =>
    Effect.gen(function* () {
      const { port } = (yield* refusingStore).address() as AddressInfo
      const store = ["--aws", "--bucket", "b", "--sign", "--endpoint", `http://127.0.0.1:${port}`]
      return [5, ["--source", "x", "--mapping", "mapping.json", ...store]] as const
    }),
  "the table of users cannot be adopted": ({ load, query }) =>
    Effect.gen(function* () {
      yield* query("create table users (email text not null unique, password varchar(64), status text)")
      return [6, [...load, "--geo", "none"]] as const
    }),
  "a column is gone": ({ cwd, load, query, env }) =>
    Effect.gen(function* () {
      yield* runEtl({ args: ["init"], cwd, env })
      yield* query("alter table users drop column password")
      return [6, [...load, "--geo", "none"]] as const
    }),
  "the database takes no connections any more, in mid-run": ({ cwd, load, query, env }) =>
    Effect.gen(function* () {
      yield* runEtl({ args: ["init"], cwd, env })
      yield* query(`
        create function close_door() returns trigger language plpgsql as $$
        begin
          perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database();
          return new;
        end $$`)
      yield* query("create trigger close_door before insert on users for each row execute function close_door()")
      yield* query(`alter role postgres in database "${env["DB_NAME"]}" set session_preload_libraries = 'nowhere'`)
      return [6, [...load, "--geo", "none"]] as const
    }),
  "the local database of places is damaged": ({ cwd, load }) =>
    Effect.sync(() => {
      writeFileSync(join(cwd, "city.mmdb"), "no database")
      return [2, [...load, "--geo", "mmdb", "--geo-db", "city.mmdb"]] as const
    }),
  "rejects are listed, and the database refuses": ({ cwd, load, query, env }) =>
    Effect.gen(function* () {
      yield* runEtl({ args: [...load, "--geo", "none"], cwd, env })
      yield* query("alter table etl_rejects rename column reasons to causes")
      return [6, ["rejects"]] as const
    }),
  "rejects are written where they cannot be": ({ cwd, load, env }) =>
    Effect.gen(function* () {
      yield* runEtl({ args: [...load, "--geo", "none"], cwd, env })
      return [2, ["rejects", "--out", "nowhere/fix.csv"]] as const
    }),
  "a trigger quotes the password": ({ cwd, load, query, env }) =>
    Effect.gen(function* () {
      yield* runEtl({ args: ["init"], cwd, env })
      yield* query(`
        create function refuse() returns trigger language plpgsql as
        $$ begin raise exception '% may not become %, said %', old.password, new.password, new; end $$`)
      yield* query("create trigger refuse before insert or update on users for each row execute function refuse()")
      yield* query("alter table users disable trigger refuse")
      yield* query(`
        insert into users (email, password, updated, migrated_at, file_id, byte_offset)
        values ('a@example.com', '${userPassword}-old', false, now(), 0, 0)`)
      yield* query("alter table users enable trigger refuse")
      return [3, [...load, "--geo", "none"]] as const
    }),
  "the service refuses": ({ load }) =>
    Effect.gen(function* () {
      const service = yield* fakeIpApi()
      service.script(behaviours.status(403))
      return [3, [...load, "--geo", "ip-api"], { IP_API_URL: service.url }] as const
    }),
}

describe("secrets", () => {
  for (const [what, prepare] of Object.entries(stages)) {
    it.live(`are in no line, log or table where ${what}`, () =>
      Effect.gen(function* () {
        const setting = yield* makeSetting
        const [code, args, env = {}] = yield* prepare(setting)
        const run = yield* runEtl({ args, cwd: setting.cwd, env: { ...setting.env, ...env } })
        assert.strictEqual(run.code, code, run.output)
        const log = join(setting.cwd, "etl.log")
        const stored = yield* Effect.result(setting.query<{ text: string; rejects: string }>(tables))
        const { text, rejects } = stored._tag === "Success" ? stored.success[0]! : { text: "", rejects: "" }
        const told = [run.output, existsSync(log) ? readFileSync(log, "utf8") : "", text].join("\n")
        assert.isAbove(told.length, 20)
        assert.notInclude(told, userPassword)
        const secrets = [...Object.values(canaries), databasePassword, setting.env["DB_PASS"]!]
        for (const secret of secrets) assert.notInclude(told + rejects, secret)
      }).pipe(Effect.scoped),
    )
  }

  it.live.each(["a record is rejected", "PostgreSQL refuses a record", "the database refuses"] as const)(
    "are in no span where %s",
    (what) => {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        },
      })
      return Effect.gen(function* () {
        const { cwd, env, query } = yield* makeSetting
        const service = yield* fakeIpApi()
        const args = ["--source", join(cwd, "users.csv"), "--mapping", join(cwd, "mapping.json"), "--geo", "ip-api"]
        yield* etl(["init"], env)
        if (what === "PostgreSQL refuses a record") yield* query("alter table users add check (password is null)")
        if (what === "the database refuses") yield* query("alter table users drop column password")
        const { code, stderr } = yield* etl(args, { ...env, IP_API_URL: service.url })
        assert.strictEqual(code, what === "the database refuses" ? 6 : 3, stderr)
        const all = inspect(
          spans.map(({ name, attributes, links, status }) => ({ name, attributes: [...attributes], links, status })),
          { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity },
        )
        assert.include(all, "RunRepo.commit")
        for (const secret of [...Object.values(canaries), userPassword, env["DB_PASS"]!]) assert.notInclude(all, secret)
      }).pipe(Effect.withTracer(tracer), Effect.scoped)
    },
  )
})
