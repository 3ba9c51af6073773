import { execFileSync, spawn } from "node:child_process"
import { readdirSync, readlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { readSmallFile } from "../../src/text/readSmallFile.ts"
import { readSmallFileSync, SmallFile } from "../../src/text/smallFile.ts"
import { etl } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { pause } from "../utils/s3Setting.ts"

const makePipe = (directory: string, name: string): string => {
  const path = join(directory, name)
  execFileSync("mkfifo", [path])
  return path
}

const mapping = ["run", "--source", ".", "--dry-run", "--geo", "none", "--mapping"]

const hasOpen = (pid: number, path: string): boolean =>
  readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path
    } catch {
      // Closed since it was listed.
      return false
    }
  })

const untilOpen = Effect.fnUntraced(function* (pid: number, path: string) {
  while (!hasOpen(pid, path)) yield* pause(20)
})

describe("a small file", () => {
  it.live("is read to its end, also from a pipe whose writer is late and slow", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = join(directory, "file")
      for (const text of ["", "é\n", "x".repeat(1024 * 1024)]) {
        writeFileSync(file, text)
        assert.strictEqual(yield* readSmallFile(file), text)
        assert.strictEqual(Buffer.from(readSmallFileSync(file)).toString(), text)
      }
      assert.strictEqual(yield* readSmallFile("/dev/null"), "")
      const pipe = makePipe(directory, "pipe")
      for (const read of [readSmallFile(pipe), Effect.sync(() => Buffer.from(readSmallFileSync(pipe)).toString())]) {
        spawn("sh", ["-c", `sleep 0.1; (printf a; sleep 0.1; printf b) > ${pipe}`])
        assert.strictEqual(yield* read, "ab")
      }
    }).pipe(Effect.scoped),
  )

  it.live("is refused where it is too large, a device, a socket or a directory", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      writeFileSync(join(directory, "large"), Buffer.alloc(1024 * 1024 + 1))
      const socket = createServer().listen(join(directory, "socket"))
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.close()))
      yield* pause(50)
      const pipe = makePipe(directory, "pipe")
      spawn("sh", ["-c", `head -c 3000000 /dev/zero > ${pipe}`], { stdio: "ignore" })
      for (const [path, why] of [
        [join(directory, "large"), "it has more than 1 MiB"],
        [pipe, "it has more than 1 MiB"],
        ["/dev/zero", "it is a device"],
        [join(directory, "socket"), "it is a socket"],
        [directory, "it is a directory"],
        [join(directory, "missing"), "there is no such file"],
      ] as const) {
        assert.include(yield* Effect.flip(readSmallFile(path)), why)
      }
    }).pipe(Effect.scoped),
  )

  it.live("is not waited for longer than ten seconds, where it is a pipe", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = new SmallFile(makePipe(directory, "pipe"))
      assert.isUndefined(file.poll())
      const later = performance.now() + 10_001
      const clock = vi.spyOn(performance, "now").mockReturnValue(later)
      assert.throws(() => file.poll(), "it is a pipe, and did not end within 10 seconds")
      clock.mockRestore()
      file.close()
    }).pipe(Effect.scoped),
  )

  it.live("does not keep etl from ending when it is a pipe that nobody writes", () =>
    Effect.gen(function* () {
      for (const name of [".env", "mapping.json"]) {
        const cwd = yield* temporaryDirectory
        const pipe = makePipe(cwd, name)
        writeFileSync(join(cwd, "a.csv"), "id\n")
        const child = yield* spawnEtl([...mapping, "mapping.json"], { cwd, env: {} })
        yield* untilOpen(child.pid, pipe)
        yield* child.signal("SIGTERM")
        // Until the program listens to signals, they end it.
        assert.include([130, "SIGTERM"], yield* child.ended)
      }
    }).pipe(Effect.scoped),
  )

  it.live("is named, with what to do, where etl cannot read it", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryDirectory
      writeFileSync(join(cwd, "a.csv"), "id\n")
      const device = yield* etl(["run", "--source", cwd, "--dry-run", "--geo", "none", "--mapping", "/dev/zero"])
      assert.strictEqual(device.code, 2)
      assert.include(device.stderr, "/dev/zero cannot be read (it is a device; only files and pipes are read)")
      assert.include(device.stderr, "--mapping FILE")
      writeFileSync(join(cwd, ".env"), "#".repeat(1024 * 1024 + 1))
      const dotEnv = yield* spawnEtl(["--help"], { cwd, env: {} })
      assert.strictEqual(yield* dotEnv.ended, 2)
      assert.include(dotEnv.output.stderr, ".env cannot be read: it has more than 1 MiB")
    }).pipe(Effect.scoped),
  )
})
