import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { availableParallelism } from "node:os"
import * as Cli from "../../../src/cli/Cli.ts"
import { version } from "../../../src/observability/version.ts"
import { etl } from "../../utils/etl.ts"

const commands = [...Cli.commands.map(({ name }) => name), "help"]
const pages = [["--help"], ...commands.map((command) => [command, "--help"])]

/** A terminal of the given width. */
const terminalOf = (columns: number) =>
  Layer.effect(
    Terminal.Terminal,
    Effect.map(Terminal.Terminal, (terminal) => ({ ...terminal, columns: Effect.succeed(columns) })),
  ).pipe(Layer.provideMerge(NodeServices.layer))

const pageOf = Effect.fnUntraced(function* (args: ReadonlyArray<string>, columns = 0) {
  const { code, stderr, stdout } = yield* etl(args, {}, terminalOf(columns))
  assert.deepStrictEqual([code, stderr], [0, ""])
  return stdout
})

/** What help says, wherever its lines break. */
const letters = (page: string): string => page.replaceAll(/\\\n|\s|#/g, "")

/** The same, to look for a part of it. */
const flowing = (page: string): string => page.replaceAll(/\s+/g, " ")

describe("help", () => {
  it.live.each(pages)("no line of %s is wider than the terminal, or than 80 columns", (args) =>
    Effect.gen(function* () {
      const whole = letters(yield* pageOf(args))
      for (const columns of [0, 40, 59, 71, 72, 79, 80, 200]) {
        const page = yield* pageOf(args, columns)
        const width = columns === 0 ? 80 : Math.min(columns, 80)
        assert.deepStrictEqual(
          page.split("\n").filter((line) => line.length > width || line !== line.trimEnd()),
          [],
          `${columns} columns`,
        )
        assert.isTrue(letters(page) === whole, `something is cut at ${columns} columns`)
      }
    }).pipe(Effect.scoped),
  )

  it.live.each(commands)("etl help %s is its --help", (command) =>
    Effect.gen(function* () {
      const page = yield* pageOf([command, "--help"])
      assert.strictEqual(yield* pageOf(["help", command]), page)
      assert.strictEqual(yield* pageOf([command, "-h"]), page)
      assert.include(page, `Usage: etl ${command}`)
      assert.include(page, "Examples\n")
      // Each flag is in a group.
      assert.notInclude(page, "\nFlags\n")
    }).pipe(Effect.scoped),
  )

  it.live("groups the flags, with defaults, variables and what is required", () =>
    Effect.gen(function* () {
      const page = yield* pageOf(["run", "--help"])
      const headings = page.split("\n").filter((line) => /^[A-Z][^.:]*$/.test(line))
      assert.includeMembers(headings, ["Source", "Loading", "Places", "Database and log", "Examples", "Exit codes"])
      const text = flowing(page)
      const here = Math.min(Math.max(availableParallelism(), 2), 8)
      for (const part of [
        "Usage: etl run --source PATH [flags]",
        "or with --aws a key prefix [required]",
        "(1 to 100000) [default: 10000]",
        `(1 to 16) [default: processors, from 2 to 8; here ${here}]`,
        "[default: 10%]",
        "[default: auto]",
        "[default: ./etl.log]",
        "[default: .etl/pgdata]",
        "[default: ip-api]",
        "[default: us-east-1] [env: AWS_REGION, AWS_DEFAULT_REGION]",
        "[env: DATABASE_URL]",
        "130 interrupted",
      ]) {
        assert.include(text, part)
      }
    }).pipe(Effect.scoped),
  )

  it.live("etl --help and etl help name every command", () =>
    Effect.gen(function* () {
      const page = yield* pageOf(["--help"])
      const [, list = ""] = page.split("\nCommands\n")
      const [named = ""] = list.split("\n\n")
      const words = named.split("\n").map((line) => line.trim().split(" ")[0])
      assert.sameMembers(words, commands)
      assert.strictEqual(yield* pageOf(["help"]), page)
      assert.strictEqual(yield* pageOf(["-h"]), page)
    }).pipe(Effect.scoped),
  )

  it.live("no command is a usage error: the help goes to stderr, and nothing to stdout", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* etl([])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.strictEqual(stderr, yield* pageOf(["--help"]))
    }).pipe(Effect.scoped),
  )

  it.live("headings are bold where the terminal has colours, and nowhere else", () =>
    Effect.gen(function* () {
      const plain = yield* pageOf(["run", "--help"])
      const capabilities = { canColor: true, canAnimate: true, canPrompt: true }
      const bold = yield* Effect.provideService(
        pageOf(["run", "--help"]),
        TerminalCapabilities.TerminalCapabilities,
        capabilities,
      )
      assert.include(bold, "\u001b[1mSource\u001b[0m\n")
      assert.strictEqual(bold.replaceAll(/\u001b\[[01]m/g, ""), plain)
    }).pipe(Effect.scoped),
  )

  it.live.each([["--version"], ["-v"], ["run", "-v"]])("%s prints the version, Node's, and the platform", (args) =>
    Effect.gen(function* () {
      const { arch, platform, versions } = process
      assert.strictEqual(yield* pageOf(args), `etl ${version}, Node ${versions.node}, ${platform} ${arch}`)
    }).pipe(Effect.scoped),
  )

  it.effect.prop(
    "every width is held to",
    { columns: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })) },
    ({ columns }) =>
      Effect.gen(function* () {
        const page = yield* pageOf(["run", "--help"], columns)
        assert.isAtMost(Math.max(...page.split("\n").map((line) => line.length)), Math.max(40, Math.min(columns, 80)))
      }).pipe(Effect.scoped),
  )
})
