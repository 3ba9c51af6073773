import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { quote } from "../../src/text/shell.ts"
import { bin } from "../utils/command.ts"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const records = (count: number): string => Array.from({ length: count }, (_, n) => `user${n}@example.com\n`).join("")

/** A source and its mapping, and a dry run of it. */
const makeRun = Effect.fnUntraced(function* (count: number) {
  const directory = yield* directoryOf({
    "a.csv": `mail\n${records(count)}`,
    "b.csv": `mail\n${records(10)}`,
    "mapping.json": '{ "mail": "email" }',
  })
  return ["--source", directory, "--mapping", join(directory, "mapping.json"), "--geo", "none", "--dry-run"]
})

const linesOf = (path: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

const isLine =
  (...messages: ReadonlyArray<string>) =>
  ({ message }: Readonly<Record<string, unknown>>) =>
    messages.includes(String(message))

describe("etl.log", () => {
  it.live("is made for its owner alone; one that is there keeps its mode", () =>
    Effect.gen(function* () {
      const run = yield* makeRun(1)
      const path = join(yield* temporaryDirectory, "etl.log")
      assert.strictEqual((yield* etl([...run, "--logfile", path])).code, 0)
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      chmodSync(path, 0o640)
      const { size } = statSync(path)
      assert.strictEqual((yield* etl([...run, "--logfile", path])).code, 0)
      assert.strictEqual(statSync(path).mode & 0o777, 0o640)
      assert.isAbove(statSync(path).size, size)
    }).pipe(Effect.scoped),
  )

  it.live("is not written through a link, to what is there or not", () =>
    Effect.gen(function* () {
      const run = yield* makeRun(1)
      const directory = yield* temporaryDirectory
      const [target, absent] = [join(directory, "target"), join(directory, "absent")]
      writeFileSync(target, "mine")
      for (const leadsTo of [target, absent]) {
        const link = `${leadsTo}.log`
        symlinkSync(leadsTo, link)
        const says = `The log file ${link} is a symbolic link, and the log is not written through one. Remove it, or name the file that it leads to. Name it with --logfile FILE.`
        const { code, stderr, stdout } = yield* etl([...run, "--logfile", link])
        assert.deepStrictEqual([code, stdout, stderr], [2, "", says])
        assert.isTrue(lstatSync(link).isSymbolicLink())
        const checked = yield* etl(["check", "--geo", "none", "--logfile", link])
        assert.include(checked.stdout, `WRONG    log       ${says}`)
      }
      assert.strictEqual(readFileSync(target, "utf8"), "mine")
      assert.isFalse(existsSync(absent))
    }).pipe(Effect.scoped),
  )

  it.live("is not a named pipe, which would wait for a reader", () =>
    Effect.gen(function* () {
      const run = yield* makeRun(1)
      const path = join(yield* temporaryDirectory, "etl.log")
      execFileSync("mkfifo", [path])
      const says = `The log file ${path} is a named pipe. Name a file, or /dev/stderr. Name it with --logfile FILE.`
      const { code, stderr, stdout } = yield* etl([...run, "--logfile", path])
      assert.deepStrictEqual([code, stdout, stderr], [2, "", says])
      const checked = yield* etl(["check", "--geo", "none", "--logfile", path])
      assert.include(checked.stdout, `WRONG    log       ${says}`)
    }).pipe(Effect.scoped),
  )

  it.live("is not needed by a command that only reads, which warns once", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const directory = yield* temporaryDirectory
      yield* etl(["init"], env)
      const absent = join(directory, "absent", "etl.log")
      const link = join(directory, "link.log")
      symlinkSync(join(directory, "target"), link)
      const report = join(directory, "report.html")
      for (const words of [["runs"], ["runs", "7"], ["rejects"], ["report", "--out", report], ["sql", "select 1"]]) {
        const usual = yield* etl(words, env)
        for (const [logfile, why] of [
          [absent, "cannot be written (ENOENT). Create its directory, or name another file."],
          [link, "is a symbolic link, and the log is not written through one."],
        ] as const) {
          const { code, stderr, stdout } = yield* etl([...words, "--logfile", logfile], env)
          assert.deepStrictEqual([code, stdout], [usual.code, usual.stdout], words.join(" "))
          const [warning, ...rest] = stderr.split("\n")
          assert.include(warning, `The log file ${logfile} ${why}`)
          assert.match(warning!, / Nothing is logged to a file\.$/)
          assert.strictEqual(rest.join("\n"), usual.stderr)
        }
      }
      assert.isFalse(existsSync(join(directory, "target")))
      const cancelled = yield* etl(["cancel", "latest", "--logfile", absent], env)
      assert.strictEqual(cancelled.code, 2)
    }).pipe(Effect.scoped),
  )

  it.live("may be a device, or stderr of the command itself", () =>
    Effect.gen(function* () {
      const run = yield* makeRun(1)
      const cwd = yield* temporaryDirectory
      assert.strictEqual((yield* etl([...run, "--logfile", "/dev/null"])).code, 0)
      const shown = join(cwd, "stderr")
      const command = [process.execPath, bin(), ...run, "--quiet", "--logfile", "/dev/stderr"].map(quote).join(" ")
      execFileSync("sh", ["-c", `${command} 2>>${quote(shown)}`], { cwd, env: {} })
      assert.isTrue(linesOf(shown).some(isLine("run ends")))
    }).pipe(Effect.scoped),
  )

  it.live("has a line a file, and lines a chunk only with --log-level debug", () =>
    Effect.gen(function* () {
      const run = [...(yield* makeRun(500)), "--chunksize", "10"]
      const directory = yield* temporaryDirectory
      const [plain, full] = [join(directory, "plain.log"), join(directory, "full.log")]
      assert.strictEqual((yield* etl([...run, "--logfile", plain])).code, 0)
      const lines = linesOf(plain)
      assert.strictEqual(lines.filter(({ file }) => file !== undefined).length, 2)
      assert.isTrue(lines.some(isLine("run starts")) && lines.some(isLine("run ends")))
      assert.isAtMost(lines.length, 8)

      assert.strictEqual((yield* etl(["--log-level", "debug", ...run, "--logfile", full])).code, 0)
      assert.strictEqual(linesOf(full).filter(isLine("chunk committed")).length, 51)
    }).pipe(Effect.scoped),
  )

  it.live("that is copied and truncated while a command runs goes on at its start", () =>
    Effect.gen(function* () {
      const run = yield* makeRun(3_000)
      const cwd = yield* temporaryDirectory
      const path = join(cwd, "etl.log")
      const child = yield* spawnEtl(["--log-level", "debug", ...run, "--chunksize", "1"], { cwd, env: {} })
      const sizeOfLog = Effect.sync(() => (existsSync(path) ? statSync(path).size : 0))
      yield* Effect.repeat(sizeOfLog, { until: (size) => size > 0, schedule: Schedule.spaced("10 millis") })
      yield* Effect.sync(() => truncateSync(path))
      assert.strictEqual(yield* child.ended, 0, child.output.stderr)
      assert.notInclude(readFileSync(path, "utf8"), "\0")
      const lines = linesOf(path)
      assert.isFalse(lines.some(isLine("run starts")))
      assert.isTrue(lines.some(isLine("run ends")))
    }).pipe(Effect.scoped),
  )
})
