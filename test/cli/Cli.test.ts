import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { Array, Effect, Fiber } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"

/** The commands, which never end. */
const commands = Array.map(Cli.commands, (command) => Command.withHandler(command, () => Effect.never))

const resume = "Interrupted. To resume, run: etl "

it.live.each([
  [["run", "--source", "a b"], `${resume}run --source 'a b'`],
  [
    ["--log-level", "warn", "--source", "x", "--database-url=postgres://u:p@h/d"],
    `${resume}--log-level warn --source x --database-url=URL`,
  ],
  [["locate"], `${resume}locate`],
  [["--log-level=warn", "locate"], `${resume}--log-level=warn locate`],
  [["run", "--source", "x", "--dry-run"], "Interrupted."],
  [["report", "--out", "run"], "Interrupted."],
  [["sql", "select 1"], "Interrupted."],
  [["--log-level", "warn", "rejects", "--out", "locate"], "Interrupted."],
  [["check"], "Interrupted."],
] as ReadonlyArray<readonly [ReadonlyArray<string>, string]>)(
  "%j, interrupted, says how to resume it",
  ([args, expected]) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Cli.execute(commands, args))
      yield* Effect.sleep("50 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* TestConsole.errorLines, [expected])
    }).pipe(Effect.provide([NodeServices.layer, TestConsole.layer])),
)
