import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as EmbeddedFolder from "../../src/database/EmbeddedFolder.ts"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import { ownNamespace, spawnNode } from "../utils/child.ts"
import { freshFolder } from "../utils/embedded.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const child = fileURLToPath(import.meta.resolve("../utils/embeddedChild.ts"))

describe("the folder of an embedded database", () => {
  it.live("is refused to a process in another PID namespace, and free once its owner is killed", (context) =>
    Effect.gen(function* () {
      if (ownNamespace.length === 0) context.skip("a PID namespace is not permitted")
      const folder = yield* freshFolder
      for (const _round of ["as it was closed", "as the kill left it"]) {
        const holder = yield* spawnNode(child, ["hold", folder], ownNamespace)
        yield* holder.line((line) => line === "open")
        const other = yield* spawnNode(child, ["open", folder], ownNamespace)
        assert.include(yield* other.line((line) => line.startsWith("failed")), "not visible here (in another container")
        yield* holder.kill("SIGKILL")
      }
    }).pipe(Effect.scoped),
  )

  it.live(
    "that does not exist yet goes to exactly one of ten processes, in namespaces of their own, that ask at once",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const folder = join(directory, "pgdata")
        const rounds = Array.from({ length: 10 }, (_, round) => round)
        const racers = yield* Effect.forEach(Array.from({ length: 10 }), () =>
          spawnNode(child, ["race", folder, String(rounds.length)], ownNamespace),
        )
        for (const racer of racers) yield* racer.line((line) => line === "ready")
        const start = String(Date.now() + 100)
        for (const racer of racers) yield* racer.write(start)
        for (const racer of racers) yield* racer.line((line) => line === "done")
        const winners = racers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("won ")))
        assert.deepStrictEqual(
          winners.sort(),
          rounds.map((round) => `won ${round}`),
        )
        for (const racer of racers) yield* racer.endInput
        for (const racer of racers) assert.strictEqual(yield* racer.exited, 0)
        for (const round of rounds) assert.deepStrictEqual(readdirSync(`${folder}-${round}`), ["etl.lock"])
      }).pipe(Effect.scoped),
  )

  it.live("keeps every commit of a process that is killed", () =>
    Effect.gen(function* () {
      const folder = yield* freshFolder
      let last = 0
      for (const more of [1, 5, 20]) {
        const loader = yield* spawnNode(child, ["load", folder])
        yield* loader.line((line) => line === `committed ${last + more}`)
        yield* loader.kill("SIGKILL")
        last = Number(/\d+$/.exec(loader.lines.at(-1)!)![0])
      }
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const batches = yield* sql<{ batch: number; rows: number; length: number }>`
          select batch, count(*)::int as rows, sum(length(text))::int as length from loaded group by batch order by batch`
        // The last commit may have been killed before it was told.
        assert.include([last, last + 1], batches.length)
        const whole = (batch: number) => ({ batch, rows: 100, length: 50 * 1600 + 50 })
        assert.deepStrictEqual(
          batches,
          batches.map((_, index) => whole(index + 1)),
        )
      }).pipe(Effect.provide(PgEmbedded.layer({ directory: folder })))
    }).pipe(Effect.scoped),
  )

  it.live("gets a database that was built aside, for its owner alone; a kill leaves nothing of it but that", () =>
    Effect.gen(function* () {
      const parent = join(yield* temporaryDirectory, "parent")
      const folder = join(parent, "pgdata")
      const aside = join(folder, "etl.new")
      for (const half of ["", "PG_VERSION"]) {
        const builder = yield* spawnNode(child, ["open", folder])
        while (!existsSync(join(aside, half))) yield* Effect.sleep("2 millis")
        yield* builder.kill("SIGKILL")
        assert.deepStrictEqual(readdirSync(folder).sort(), ["etl.lock", "etl.new"])
        assert.isFalse(yield* EmbeddedFolder.isThere(folder))
        if (half === "") writeFileSync(join(aside, "of the first"), "")
        else assert.isFalse(existsSync(join(aside, "of the first")), "not built anew")
      }
      const builder = yield* spawnNode(child, ["open", folder])
      assert.strictEqual(yield* builder.exited, 0)
      assert.deepStrictEqual(builder.lines, ["closed"])
      assert.deepStrictEqual(readdirSync(parent), ["pgdata"])
      assert.deepStrictEqual(
        readdirSync(folder).filter((name) => name.startsWith("etl.")),
        ["etl.lock"],
      )
      for (const path of [
        parent,
        folder,
        ...["etl.lock", "base", "global/pg_control", "pg_wal"].map((name) => join(folder, name)),
      ]) {
        assert.strictEqual(statSync(path).mode & 0o077, 0, path)
      }
      assert.strictEqual(readFileSync(join(folder, "PG_VERSION"), "utf8").trim(), "18")
      yield* Effect.scoped(Layer.build(PgEmbedded.layer({ directory: folder })))
    }).pipe(Effect.scoped),
  )

  it.live("says that it creates the database before it does, and nothing with -q", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryDirectory
      const first = yield* spawnEtl(["locate", "--geo", "ip-api"], { cwd, env: { IP_API_URL: "http://127.0.0.1:1" } })
      yield* first.says(/^Creating the embedded database in \.etl\/pgdata \.\.\.$/m)
      assert.isFalse(existsSync(join(cwd, ".etl/pgdata/PG_VERSION")))
      yield* first.signal("SIGKILL")
      yield* first.ended
      const quiet = yield* spawnEtl(["locate", "-q"], { cwd, env: { IP_API_URL: "http://127.0.0.1:1" } })
      assert.strictEqual(yield* quiet.ended, 0)
      assert.strictEqual(quiet.output.stderr, "")
    }).pipe(Effect.scoped),
  )
})
