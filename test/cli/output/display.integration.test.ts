import { spawn } from "node:child_process"
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { RunSummary } from "../../../src/domain/RunSummary.ts"
import { version } from "../../../src/observability/version.ts"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"
import { behaviours, fakeIpApi } from "../../utils/ipApi.ts"
import { bin, compileCache } from "../../utils/command.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const mapping = '{ "email": "email", "ip": "ip_address" }'
const escapes = /\u001b\[[?\d;]*[A-Za-z]/g
const ctrlC = "\x03"
const rows = "email,ip\na@example.com,8.8.8.8\nnobody,\nb@example.com,9.9.9.9\n"

const makeSource = Effect.map(directoryOf({ "1.csv": rows, "2.csv": rows, "mapping.json": mapping }), (directory) => [
  "--source",
  directory,
  "--mapping",
  `${directory}/mapping.json`,
])

/** What a terminal of 60 columns is sent. `interruptAt`: what it shows when Ctrl-C is pressed. */
const onTerminal = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  interruptAt?: RegExp,
) {
  const cwd = yield* temporaryDirectory
  const command = [process.execPath, bin(), ...args].map((word) => `'${word}'`).join(" ")
  const terminal = () =>
    spawn("script", ["-qec", `stty cols 60 rows 20 -echo; exec ${command}`, "/dev/null"], {
      cwd,
      env: { PATH: process.env["PATH"], TERM: "xterm", NODE_COMPILE_CACHE: compileCache(), ...env },
      stdio: ["pipe", "pipe", "inherit"],
    })
  const child = yield* Effect.acquireRelease(Effect.sync(terminal), (child) => Effect.sync(() => child.kill("SIGKILL")))
  let output = ""
  let isInterrupted = false
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text
    if (isInterrupted || interruptAt?.test(output.replaceAll(escapes, "")) !== true) return
    isInterrupted = true
    child.stdin.write(ctrlC)
  })
  yield* Effect.promise(() => once(child, "close"))
  return output.replaceAll("\r\n", "\n")
})

const isFrame = /^(reading|written|locating) /

describe("what is shown during a run", () => {
  it.live("--json prints one object of the documented schema on stdout, whatever else is printed", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const { code, stderr, stdout } = yield* etl([...(yield* makeSource), "--geo", "none", "--json"], env)
      const summary = yield* Schema.decodeUnknownEffect(
        Schema.fromJsonString(
          Schema.Struct({
            ...RunSummary.fields,
            exitCode: Schema.Int,
            dryRun: Schema.Boolean,
            database: Schema.String,
          }),
        ),
      )(stdout)
      assert.strictEqual(code, 3)
      assert.deepInclude(summary, { exitCode: 3, dryRun: false, runId: 1 })
      assert.deepInclude(summary.totals, { read: 6, inserted: 2, duplicate: 2, rejected: 2 })
      assert.deepInclude(summary.rejectedFor[0], { records: 2, file: "1.csv", line: 3 })
      const banner = stderr.replace(`etl ${version}:`, "etl VERSION:")
      assert.match(banner, /^etl VERSION: 2 files of \/.* -> PostgreSQL test_.* at 127\.0\.0\.1:\d+, places: none$/m)
      assert.match(stderr, /^2 records rejected: email is not a valid e-mail address, first at 1\.csv:3$/m)

      const located = yield* etl(["locate", "--geo", "mmdb", "--json"], env)
      assert.strictEqual(JSON.parse(located.stdout).exitCode, located.code)
    }).pipe(Effect.scoped),
  )

  it.live("--quiet says what is wrong alone, and of a success nothing but its JSON", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const good = yield* directoryOf({ "1.csv": "email,ip\na@example.com,\n", "mapping.json": mapping })
      const load = ["--source", good, "--mapping", `${good}/mapping.json`, "--geo", "none", "-q"]
      const locate = ["locate", "--geo", "ip-api", "-q"]
      for (const args of [[...load, "--dry-run"], load, load, locate]) {
        assert.deepInclude(yield* etl(args, env), { code: 0, stdout: "", stderr: "" })
        assert.strictEqual(JSON.parse((yield* etl([...args, "--json"], env)).stdout).exitCode, 0)
      }
      const { stderr, stdout } = yield* etl([...(yield* makeSource), "--geo", "none", "-q"], env)
      assert.strictEqual(stderr, "2 records rejected: email is not a valid e-mail address, first at 1.csv:3")
      assert.match(stdout, /rejects: etl rejects --run \d+ --out fix\.csv$/)
    }).pipe(Effect.scoped),
  )

  it.live("a terminal has a frame that fits it; interrupted, the last one stays and the cursor is back", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const service = yield* fakeIpApi()
      service.script(...Array.from({ length: 20 }, () => behaviours.silent))
      const output = yield* onTerminal(yield* makeSource, { ...env, IP_API_URL: service.url }, /locating 2 queued/)
      assert.include(output, "\u001b[?25l")
      assert.isAbove(output.lastIndexOf("\u001b[?25h"), output.lastIndexOf("\u001b[?25l"))
      const lines = output.replaceAll(escapes, "").split("\n")
      const frames = lines.filter((line) => isFrame.test(line))
      for (const line of frames) assert.isBelow(line.length, 60)
      // A line that stays as it was is not sent again.
      const last = (name: string) => frames.findLast((line) => line.startsWith(name)) ?? ""
      assert.match(last("written"), /^written {2}6 records {2}2 rejects {2}2 of 2 files$/)
      assert.match(last("locating"), /^locating 2 queued {2}0 by ip-api/)
      assert.match(lines.at(-2)!, /^Interrupted\. To resume, run: etl /)
      assert.include(lines, "1.csv: 3 records, 1 reject")
    }).pipe(Effect.scoped),
  )

  it.live("a terminal has the first 50 rejects, and how to see all; a pipe has all", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const source = yield* directoryOf({ "1.csv": `email,ip\n${"nobody,\n".repeat(1203)}`, "mapping.json": mapping })
      const flags = ["--mapping", `${source}/mapping.json`, "--geo", "none", "--max-rejects", "100%"]
      assert.strictEqual((yield* etl(["--source", source, ...flags], env)).code, 3)
      const lines = (yield* onTerminal(["rejects"], env)).replaceAll(escapes, "").trimEnd().split("\n")
      assert.lengthOf(lines, 52)
      assert.strictEqual(lines[49], `1.csv:51: email "nobody" is not a valid e-mail address`)
      assert.deepStrictEqual(lines.slice(50), [
        "50 of 1,203 rejects. To see all, run: etl rejects --run 1 | less",
        "etl rejects --run 1 --out fix.csv writes them to a file to correct",
      ])
      assert.lengthOf((yield* etl(["rejects"], env)).stdout.split("\n"), 1204)
    }).pipe(Effect.scoped),
  )

  it.live.each([
    ["a terminal that cannot move its cursor", { TERM: "dumb" }, []],
    ["continuous integration", { CI: "true" }, []],
    ["--no-progress", {}, ["--no-progress"]],
  ] as const)("%s has none, and no colours where NO_COLOR is set", ([, variables, flags]) =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const args = [...(yield* makeSource), "--geo", "none", ...flags]
      const output = yield* onTerminal(args, { ...env, NO_COLOR: "1", ...variables })
      assert.notMatch(output, escapes)
      assert.notMatch(output, /^reading/m)
      assert.match(output, /rejects: etl rejects --run 1 --out fix\.csv\n$/)
    }).pipe(Effect.scoped),
  )
})
