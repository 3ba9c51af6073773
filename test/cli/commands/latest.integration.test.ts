import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RunRecord } from "../../../src/domain/RunRecord.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { readMarkup } from "../../utils/markup.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
const row = (email: string) => `7,Ada,Lovelace,${email},f,8.8.8.8,1/22/2020,2024-05-06,,yes`

const decodeRuns = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(RunRecord)))

const statesOf = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  return decodeRuns((yield* etl(["runs", "--json"], env)).stdout).map(({ runId, state }) => [runId, state])
})

describe("latest", () => {
  it.live("is no run that had nothing to do, for report, rejects and runs", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({ "1.csv": `${header}\n${row("a@example.com")}\n${row("nobody")}\n` })
      const load = etl(["--source", source, "--geo", "none", "--max-rejects", "100%"], env)
      assert.strictEqual((yield* load).code, 3)
      assert.include((yield* load).stdout, "already loaded. Nothing to do")
      assert.deepStrictEqual(yield* statesOf(env), [
        [2, "nothing to do"],
        [1, "finished"],
      ])
      assert.match((yield* etl(["runs"], env)).stdout, /^ +2 .* nothing to do /m)
      assert.match((yield* etl(["runs", "2"], env)).stdout, /^Run 2: nothing to do$/m)

      assert.match((yield* etl(["runs", "latest"], env)).stdout, /^Run 1: finished$/m)
      assert.match((yield* etl(["rejects"], env)).stdout, /^1\.csv:3: email[^]*--run 1 --out/)
      const directory = yield* temporaryDirectory
      const [fix, page] = [join(directory, "fix.csv"), join(directory, "r.html")]
      assert.strictEqual((yield* etl(["rejects", "--run", "latest", "--out", fix], env)).code, 0)
      assert.isTrue(existsSync(fix))
      assert.strictEqual((yield* etl(["report", "--out", page], env)).code, 0)
      const { text } = readMarkup(readFileSync(page, "utf8"))
      assert.include(text, "Run 1 (finished)")
      assert.include(text, "nothing to do")
      assert.include((yield* etl(["rejects", "--delete", "latest"], env)).stdout, "Deleted 1 reject of run 1.")
    }).pipe(Effect.scoped),
  )

  it.live("is a run of a file without records, which it has read, and any run where none had something to do", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const source = yield* directoryOf({ "1.csv": `${header}\n` })
      assert.strictEqual((yield* etl(["--source", source, "--geo", "none"], env)).code, 0)
      assert.deepStrictEqual(yield* statesOf(env), [[1, "finished"]])
      yield* query("insert into etl_runs (source, finished_at) values ('/data', now())")
      assert.match((yield* etl(["runs", "latest"], env)).stdout, /^Run 1: finished$/m)
      yield* query("delete from etl_files")
      assert.match((yield* etl(["runs", "latest"], env)).stdout, /^Run 2: nothing to do$/m)
    }).pipe(Effect.scoped),
  )

  it.live("is the run that was handed to the workers last, for cancel", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      yield* etl(["init"], env)
      const none = yield* etl(["cancel", "latest"], env)
      assert.deepStrictEqual([none.code, none.stdout], [2, ""])
      assert.match(none.stderr, /^No run was handed over to workers yet.* etl run --cluster/)
      yield* query(`insert into etl_runs (source, attempted_at, ended_at, execution) values
        ('/old', now() - interval '3 m', now(), 'a'), ('/new', now() - interval '2 m', now(), 'b'), ('/alone', now(), now(), null)`)
      assert.match((yield* etl(["cancel", "latest"], env)).stdout, /^Run 2 has already ended/)
      const alone = yield* etl(["cancel", "3"], env)
      assert.match(alone.stderr, /^Run 3 was not started with --cluster/)
      assert.include((yield* etl(["cancel", "7"], env)).stderr, "There is no run 7.")
    }).pipe(Effect.scoped),
  )
})

describe("a run of a source without a file", () => {
  it.live("has failed, and the same command retries", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* temporaryDirectory
      const load = etl(["--source", source, "--geo", "none"], env)
      assert.strictEqual((yield* load).code, 5)
      assert.deepStrictEqual(yield* statesOf(env), [[1, "failed"]])
      const { stdout } = yield* etl(["runs", "latest"], env)
      assert.match(stdout, /^Run 1: failed$[^]*, exit 5$/m)
      assert.include(stdout, `\nTo retry, run: etl --source ${source} [its other flags]`)

      writeFileSync(join(source, "1.csv"), `${header}\n${row("a@example.com")}\n`)
      assert.strictEqual((yield* load).code, 0)
      assert.deepStrictEqual(yield* statesOf(env), [[1, "finished"]])
    }).pipe(Effect.scoped),
  )
})
