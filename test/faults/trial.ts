import { PGlite } from "@electric-sql/pglite"
import { PgClient } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { freshFolder } from "../utils/embedded.ts"
import { fakeIpApi, placeOf } from "../utils/ipApi.ts"
import {
  clientLayer,
  environment,
  freshDatabaseOn,
  type PostgresServer,
  sharedPostgres,
  temporaryDirectory,
} from "../utils/postgres.ts"
import { type Ended, runEtl } from "./etlProcess.ts"
import type { Input } from "./input.ts"
import { differences, expectedTables, foundTables, runsQuery, tablesQuery } from "./judge.ts"
import type { Database, Plan } from "./plan.ts"

// As the program does: V8's second compiler would cost more than all that the judge asks.
setFlagsFromString("--no-wasm-tier-up")
setFlagsFromString("--no-wasm-dynamic-tiering")

/** A database as the program is told of it, and as the judge asks it, past the program. */
interface Place {
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  /** The text of the one value that each query gives. Nothing else may use the database meanwhile. */
  readonly ask: (...queries: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
  /** What must not be left behind. */
  readonly leftovers: () => ReadonlyArray<string>
}

const onServer = Effect.fnUntraced(function* (server: PostgresServer) {
  const name = yield* freshDatabaseOn(server)
  const place: Place = {
    args: [],
    env: environment(server, name),
    ask: (...queries) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        return yield* Effect.forEach(queries, (query) =>
          Effect.map(sql.unsafe<{ json: string }>(query), (rows) => rows[0]!.json),
        )
      }).pipe(Effect.provide(clientLayer(server, name)), Effect.scoped, Effect.orDie),
    leftovers: () => [],
  }
  return place
})

const embedded = Effect.fnUntraced(function* (isNew: boolean) {
  const folder = isNew ? join(yield* temporaryDirectory, "pgdata") : yield* freshFolder
  const place: Place = {
    args: ["--embedded", folder],
    env: {},
    ask: (...queries) =>
      Effect.promise(async () => {
        const database = await PGlite.create(folder)
        const answers: Array<string> = []
        for (const query of queries) answers.push((await database.query<{ json: string }>(query)).rows[0]!.json)
        await database.close()
        return answers
      }),
    leftovers: () => [
      ...readdirSync(dirname(folder)).filter((name) => name !== "pgdata"),
      ...readdirSync(folder).filter((name) => name.startsWith("etl.") && name !== "etl.lock"),
    ],
  }
  return place
})

export interface Setting {
  readonly database: Database
  /** Instead of the one that all tests share. */
  readonly server?: PostgresServer
  readonly isNew: boolean
  readonly locates: boolean
  readonly chunkSize: number
  readonly concurrency: number
}

/** The input in a folder, a database, the command that loads the one into the other, and the judge of the outcome. */
export const makeSetting = Effect.fnUntraced(function* (
  { database, server, isNew, locates, chunkSize, concurrency }: Setting,
  { files, flags, mapping, publicAddresses }: Input,
) {
  const cwd = yield* temporaryDirectory
  const source = join(cwd, "source")
  mkdirSync(source)
  for (const { name, bytes } of files) writeFileSync(join(source, name), bytes)
  writeFileSync(join(cwd, "mapping.json"), mapping)
  const place = database === "server" ? yield* onServer(server ?? (yield* sharedPostgres)) : yield* embedded(isNew)
  const service = locates ? yield* fakeIpApi() : undefined
  const geo = locates ? "ip-api" : "none"
  const command = {
    args: [
      ["--source", source, "--mapping", join(cwd, "mapping.json"), ...flags, "--chunksize", String(chunkSize)],
      ["--concurrency", String(concurrency)],
      ["--geo", geo, "--max-rejects", "100%", ...place.args],
    ].flat(),
    cwd,
    env: { ...place.env, ...(service === undefined ? {} : { IP_API_URL: service.url }) } as Readonly<
      Record<string, string>
    >,
  }

  const uriOf = (name: string) => join(realpathSync(source), name)
  const expected = expectedTables(
    files.map(({ name, records }) => ({ uri: uriOf(name), records })),
    (address) => (locates && publicAddresses.has(address) ? placeOf(address) : null),
  )
  const [read, rejected] = [expected.files.reduce((sum, file) => sum + file.read, 0), expected.rejects.length]

  /** Nobody has disturbed the last run: everything must be as if nobody ever had. */
  const judge = Effect.fnUntraced(function* (last: Ended) {
    assert.isNotNull(last.code, `the last run was ended by ${last.signal}:\n${last.output}`)
    assert.include([0, 3], last.code, last.output)
    assert.deepStrictEqual(place.leftovers(), [])
    const [tables, runs] = yield* place.ask(tablesQuery, runsQuery)
    const found = foundTables(tables!)
    const rows = differences(expected, found)
    assert.isEmpty(
      rows.slice(0, 4).join("\n"),
      `${rows.slice(0, 4).join("\n")}\n${rows.length} rows are wrong after\n${last.output}`,
    )
    assert.deepStrictEqual(found, expected)
    // One that was killed when its run had just been finished left nothing to do, and nothing to tell, for the next.
    const [first, ...idle] = JSON.parse(runs!)
    assert.deepStrictEqual(first, { finished: true, read, rejected })
    assert.deepStrictEqual(
      idle,
      idle.map(() => ({ finished: true, read: 0, rejected: 0 })),
    )
    assert.strictEqual(last.code, idle.length === 0 ? 3 : 0, last.output)
  })

  return { command, judge, ask: place.ask }
})

/** How long an undisturbed run of a database takes, in milliseconds. Its tables are judged too. */
export const undisturbed = Effect.fnUntraced(function* (database: Database, input: Input) {
  const setting = { database, isNew: false, locates: false, chunkSize: 25, concurrency: 2 }
  const { command, judge } = yield* makeSetting(setting, input)
  const run = yield* runEtl(command)
  assert.strictEqual(run.code, 3, run.output)
  yield* judge(run)
  return run.milliseconds
})

/** Kills the command as planned, lets it go on until it ends by itself, and judges what it leaves. */
export const trial = Effect.fnUntraced(function* (plan: Plan, input: Input, undisturbedMillis: number) {
  const { command, judge } = yield* makeSetting(plan, input)
  for (const kill of plan.kills) {
    const point = "at" in kill ? { at: kill.at } : { afterMillis: kill.share * undisturbedMillis }
    const run = yield* runEtl({ ...command, ...point })
    if (run.signal === "SIGKILL") continue
    assert.isFalse("at" in kill, `ended by itself (${run.code}), and never came to ${point.at}:\n${run.output}`)
    return yield* judge(run)
  }
  yield* judge(yield* runEtl(command))
})
