import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Runtime } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import { init as command } from "../../src/cli/commands/init.ts"
import { type Defect, logEnd, logLayerEnd } from "../../src/cli/Defect.ts"
import { handler as init } from "../../src/cli/handlers/init.ts"
import * as Logging from "../../src/observability/Logging.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

/** `etl init` with this as its tables, and then this. */
const initWith = Effect.fnUntraced(function* (
  users: Layer.Layer<never, Defect>,
  args: ReadonlyArray<string> = [],
  handler: () => Effect.Effect<void, Defect> = init,
) {
  const logfile = join(yield* temporaryDirectory, "etl.log")
  const log = Logging.layer(logfile, { isQuiet: false, isFileOptional: false }).pipe(Layer.provide(NodeServices.layer))
  const etlInit = command.pipe(Command.withHandler(handler), Command.provide(Layer.provideMerge(users, log)))
  return yield* Effect.gen(function* () {
    const exit = yield* Effect.exit(Cli.execute([etlInit], [...args, "init"]))
    let code = 0
    Runtime.defaultTeardown(exit, (exitCode) => (code = exitCode))
    assert.isTrue(Exit.isSuccess(exit) || !exit.cause.reasons.some(({ _tag }) => _tag === "Die"))
    const stderr = (yield* TestConsole.errorLines).join("\n")
    return { code, stderr, log: readFileSync(logfile, "utf8") }
  }).pipe(Effect.provide([NodeServices.layer, TestConsole.layer]))
}, Effect.scoped)

/** `etl init` that does this. */
const initDoing = (work: Effect.Effect<void>, args: ReadonlyArray<string> = []) =>
  initWith(Layer.empty, args, () => logEnd(work))

const boom = Effect.die(new TypeError("x is not a\u001b[2J function"))
const message =
  "This is a defect in etl, not in your files or settings: x is not a\\u001b[2J function. Please report it"

describe("a defect", () => {
  it.live("is printed in a line, exits 1, and its stack is in the log only", () =>
    Effect.gen(function* () {
      const { code, log, stderr } = yield* initDoing(boom)
      assert.strictEqual(code, 1)
      assert.strictEqual(stderr, `${message}, with the log.`)
      const [entry] = log
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.strictEqual(entry.level, "FATAL")
      assert.include(entry.message, "This is a defect in etl")
      assert.include(entry.cause, "Defect.test.ts")
    }),
  )

  it.live("in the services of a command is printed and logged as one of the command", () =>
    Effect.gen(function* () {
      const { code, log, stderr } = yield* initWith(logLayerEnd(Layer.effectDiscard(boom)))
      assert.deepStrictEqual([code, stderr], [1, `${message}, with the log.`])
      assert.include(JSON.parse(log).cause, "Defect.test.ts")
    }),
  )

  it.live("that nothing has logged is printed with its stack", () =>
    Effect.gen(function* () {
      const { code, log, stderr } = yield* initWith(Layer.effectDiscard(boom))
      assert.deepStrictEqual([code, log], [1, ""])
      assert.include(stderr, `${message}, with the lines below.\nTypeError: x is`)
      assert.include(stderr, "Defect.test.ts")
      assert.notInclude(stderr, "\u001b")
    }),
  )

  it.live("shows its stack with --log-level debug", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* initDoing(boom, ["--log-level", "debug"])
      assert.strictEqual(code, 1)
      assert.include(stderr, `FATAL ${message}`)
      assert.include(stderr, "Defect.test.ts")
      assert.notInclude(stderr, "\u001b")
    }),
  )
})

describe("--log-level", () => {
  const lines = Effect.gen(function* () {
    yield* Effect.logDebug("a detail").pipe(Effect.annotateLogs({ file: "a\u001b.csv" }))
    yield* Effect.logInfo("some news")
    yield* Effect.logWarning("a warning")
  })
  it.live.each([
    [[], "some news\na warning"],
    [["--log-level", "info"], "some news\na warning"],
    [["--log-level=warn"], "a warning"],
    [["--log-level", "none"], ""],
    [["--log-level", "debug"], 'DEBUG a detail file="a\\u001b.csv"\nINFO some news\nWARN a warning'],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, string]>)("%j is what the terminal shows", ([args, expected]) =>
    Effect.gen(function* () {
      const { code, log, stderr } = yield* initDoing(lines, args)
      assert.deepStrictEqual([code, stderr], [0, expected])
      const levels = log
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).level)
      assert.deepStrictEqual(levels, ["DEBUG", "INFO", "WARN"])
    }),
  )
})
