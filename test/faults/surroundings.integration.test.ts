import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { etl, makeDatabase } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const bin = fileURLToPath(import.meta.resolve("../../src/bin.ts"))

const makeSource = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const records = Array.from({ length: 300 }, (_, user) => `user${user}@example.com\n`)
  writeFileSync(join(directory, "1.csv"), `email\n${records.join("")}nobody\n`)
  writeFileSync(join(directory, "mapping.json"), '{ "email": "email" }')
  const flags = ["--mapping", join(directory, "mapping.json"), "--geo", "none", "--chunksize", "10"]
  return ["--source", join(directory, "1.csv"), ...flags]
})

describe("etl, whose surroundings fail", () => {
  it.live("loads everything though nobody reads what it prints (EPIPE)", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const args = yield* makeSource
      const cwd = yield* temporaryDirectory
      const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
      child.stdout.destroy()
      child.stderr.destroy()
      const [code] = yield* Effect.promise(() => once(child, "exit"))
      assert.strictEqual(code, 3)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 300 }])
    }).pipe(Effect.scoped),
  )

  it.live("loads everything though the log's disk is full, and says so once", ({ skip }) =>
    Effect.gen(function* () {
      const disk = join(yield* temporaryDirectory, "disk")
      mkdirSync(disk)
      const mounted = yield* Effect.acquireRelease(
        Effect.sync(() => {
          try {
            execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", disk], { stdio: "ignore" })
            return true
          } catch {
            return false
          }
        }),
        (mounted) => Effect.sync(() => mounted && execFileSync("umount", [disk])),
      )
      if (!mounted) skip("a file system of 4 KiB cannot be mounted here")
      const { env, query } = yield* makeDatabase
      const { code, stderr } = yield* etl([...(yield* makeSource), "--logfile", join(disk, "etl.log")], env)
      assert.strictEqual(code, 3, stderr)
      assert.strictEqual(stderr.match(/cannot be written \(ENOSPC\)\. Lines of the log are lost/g)?.length, 1, stderr)
      assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: 300 }])
    }).pipe(Effect.scoped),
  )
})
