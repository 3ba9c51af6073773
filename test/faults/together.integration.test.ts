import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeRandom } from "../fixtures/Random.ts"
import { etl, makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { type EtlOptions, runEtl } from "./etlProcess.ts"
import { makeInput } from "./input.ts"
import { expectedTables, type JudgedRecord, type Version } from "./judge.ts"
import { makeSetting } from "./trial.ts"

const header = "email,first_name,updated_at"
const mapping = JSON.stringify({ email: "email", first_name: "first_name", updated_at: "updated_at" })

/** A file with a version of every user, in that order; few names and days, so that versions tie and are equal. */
const makeFile = (seed: number, order: ReadonlyArray<number>) => {
  const random = makeRandom(seed)
  let text = `${header}\n`
  const records: Array<JudgedRecord> = []
  for (const [index, user] of order.entries()) {
    const [email, first_name] = [`user${user}@example.com`, ["Ada", "Bo"][random.below(2)]!]
    const updated_at = `2024-01-0${1 + random.below(2)}`
    const empty = { source_id: null, last_name: null, gender: null, ip_address: null, created_at: null, password: null }
    const content: Version = { email, first_name, updated_at, status: null, extra: null, ...empty }
    records.push({ line: index + 2, byteOffset: text.length, content })
    text += `${email},${first_name},${updated_at}\n`
  }
  return { text, records }
}

/** Runs the command until it stops itself at that point; gives what lets it go on to its end. */
const stopAt = Effect.fnUntraced(function* (command: EtlOptions, at: string) {
  let pid = 0
  const stopping = runEtl({
    ...command,
    at,
    env: { ...command.env, KILL_WITH: "SIGSTOP" },
    onStart: (started) => (pid = started),
  })
  const fiber = yield* Effect.forkChild(stopping)
  const isStopped = Effect.sync(() => /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, "utf8")))
  yield* Effect.repeat(Effect.delay(isStopped, "50 millis"), { until: (is) => is })
  return Effect.suspend(() => {
    process.kill(pid, "SIGCONT")
    return Fiber.join(fiber)
  })
})

describe("two runs at once", () => {
  it.live("over other files with the same users, in opposite order: both end with the tables of the promise", () =>
    Effect.gen(function* () {
      const users = Array.from({ length: 400 }, (_, user) => user)
      for (let trial = 1; trial <= 10; trial++) {
        const { env, query } = yield* makeDatabase
        const directory = yield* temporaryDirectory
        writeFileSync(join(directory, "mapping.json"), mapping)
        const files = new Map<string, ReadonlyArray<JudgedRecord>>()
        const runs = [users, users.toReversed()].map((order, run) => {
          const source = join(directory, `source${run}`)
          mkdirSync(source)
          for (const number of [1, 2]) {
            const { text, records } = makeFile(trial * 10 + run * 2 + number, order)
            writeFileSync(join(source, `${number}.csv`), text)
            files.set(join(source, `${number}.csv`), records)
          }
          const flags = ["--mapping", join(directory, "mapping.json"), "--geo", "none", "--chunksize", "40"]
          return etl(["--source", source, ...flags], env)
        })
        for (const { code, stderr } of yield* Effect.all(runs, { concurrency: 2 })) {
          assert.strictEqual(code, 0, stderr)
          assert.notMatch(stderr, /deadlock|Retrying/)
        }
        // Which was listed first is theirs to settle; what follows from it is not.
        const listed = yield* query<{ uri: string }>("select uri from etl_files order by id")
        const expected = expectedTables(
          listed.map(({ uri }) => ({ uri, records: files.get(uri)! })),
          () => null,
        )
        const found = yield* query(`
          select email, first_name, updated_at::text, updated from users order by email collate "C"`)
        assert.deepStrictEqual(
          found,
          expected.users.map(({ email, first_name, updated_at, updated }) => ({
            email,
            first_name,
            updated_at,
            updated,
          })),
        )
      }
    }).pipe(Effect.scoped),
  )

  it.live("over the same file, of which the first was believed dead: it finds that, and the result is right", () =>
    Effect.gen(function* () {
      const setting = { database: "server", isNew: false, locates: false, chunkSize: 20, concurrency: 4 } as const
      const { command, judge, ask } = yield* makeSetting(setting, makeInput(8))
      const goOnWithFirst = yield* stopAt(command, "etl_require:5:after")
      // As a network does that has lost a machine: its locks go with its sessions.
      yield* ask(`select count(pg_terminate_backend(pid))::text as json from pg_stat_activity
        where datname = current_database() and application_name = 'user-activity-etl'`)
      // By now it has passed the first wherever that stands.
      const goOnWithSecond = yield* stopAt(command, "etl_require:24:after")
      const { code, output } = yield* goOnWithFirst
      assert.strictEqual(code, 6, output)
      assert.match(output, /checkpoint of file \d+ has moved: another process loads it/)
      const ends = `select json_agg(json_build_array(attempts, exit_code, finished_at is not null))::text as json from etl_runs`
      assert.deepStrictEqual(
        (yield* ask(ends)).map((json) => JSON.parse(json)),
        [[[2, null, false]]],
      )
      const second = yield* goOnWithSecond
      yield* judge(second)
      assert.deepStrictEqual(
        (yield* ask(ends)).map((json) => JSON.parse(json)),
        [[[2, second.code, true]]],
      )
    }).pipe(Effect.scoped),
  )

  it.live("over the same file: the second waits for the first, says so, and has nothing left to do", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const directory = yield* temporaryDirectory
      mkdirSync(join(directory, "all"))
      writeFileSync(join(directory, "mapping.json"), mapping)
      const order = Array.from({ length: 800 }, (_, user) => user)
      writeFileSync(join(directory, "all", "1.csv"), makeFile(1, order).text)
      const flags = ["--mapping", join(directory, "mapping.json"), "--geo", "none", "--chunksize", "20"]
      const argsOf = (source: string) => ["--source", source, ...flags]
      const command = { args: argsOf(join(directory, "all")), cwd: directory, env }
      const goOn = yield* stopAt(command, "etl_require:5:after")
      // The same source, and another one that has the file.
      const others = yield* Effect.forEach([join(directory, "all"), join(directory, "all", "1.csv")], (source) =>
        spawnEtl(argsOf(source), { cwd: directory, env }),
      )
      for (const other of others) yield* other.says(/Another run loads .*Waiting until it is done/)
      const first = yield* goOn
      assert.match(first.output, /inserted +800/)
      for (const other of others) {
        assert.strictEqual(yield* other.ended, 0, other.output.stderr)
        assert.match(other.output.stdout, /already loaded/)
      }
    }).pipe(Effect.scoped),
  )
})
