import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { consecutivePorts } from "../utils/tcp.ts"

/** A folder in which another user has planted links to files that only this one may read. */
const planted = Effect.gen(function* () {
  const secrets = {
    shadow: "root:geheim:19000:0:99999:7:::\nadm:geheim:19000::::::\n",
    "secret.gz": gzipSync("geheim;geheim,geheim\n"),
    key: Buffer.from("geheim\0\x01\x02\xff", "latin1"),
  }
  const [elsewhere, source] = [yield* directoryOf(secrets), yield* directoryOf({})]
  for (const name of Object.keys(secrets)) {
    symlinkSync(
      join(elsewhere, name),
      join(source, `${name.replace(".gz", "")}.csv${name.endsWith(".gz") ? ".gz" : ""}`),
    )
  }
  return source
})

describe("a link in a folder", () => {
  it.live("shows no text of the file: not on the terminal, in the log or in the database", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const flags = ["--source", yield* planted, "--geo", "none", "--log-level", "debug"]
      const run = yield* etl(["run", ...flags], env)
      const dry = yield* etl(["run", "--dry-run", ...flags], env)
      const checked = yield* etl(["check", ...flags], env)
      const shown = yield* etl(["runs", "1"], env)
      assert.deepStrictEqual([run.code, dry.code, checked.code, shown.code], [5, 5, 5, 0])
      assert.include(run.stderr, "1 field, not shown: a link in the folder leads to this file")
      const errors = yield* query<{ error: string }>("select error from etl_files where error is not null")
      assert.strictEqual(errors.length, 3)
      const texts = [run, dry, checked, shown].flatMap(({ logText, stderr, stdout }) => [logText, stderr, stdout])
      for (const text of [...texts, JSON.stringify(errors)]) assert.notMatch(text, /geheim|67 65 68/)
    }).pipe(Effect.scoped),
  )

  it.live.each([[], ["--pattern", "**/*.csv*"]])("shows none where a worker loads it %j", (flags) =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const [port, cwd] = [yield* consecutivePorts, yield* temporaryDirectory]
      const worker = yield* spawnEtl(["worker", "--port", String(port), "--geo", "none"], { cwd, env })
      yield* worker.says(/health: /)
      const run = yield* etl(["run", "--cluster", "--source", yield* planted, ...flags], env)
      assert.strictEqual(run.code, 5, run.stderr)
      const errors = yield* query<{ error: string }>("select error from etl_files where error is not null")
      assert.strictEqual(errors.length, 3)
      const texts = [worker.output.stderr, run.stderr, run.stdout, JSON.stringify(errors)]
      assert.include(texts[0], "1 field, not shown: a link in the folder leads to this file")
      for (const text of texts) assert.notMatch(text, /geheim|67 65 68/)
    }).pipe(Effect.scoped),
  )
})
