import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describeMachine } from "./machine.ts"
import { median, temporaryDirectory, timed, verdict } from "./program.ts"

// `npm run bench:start`: how long `etl --help` takes, from the sources and, after `npm run emit`, as it is published; the
// first start of all, and those that find what an earlier one has compiled. A machine that does other work is slow.

const root = join(import.meta.dirname, "../..")
const starts = 21

const help = (file: string, env: NodeJS.ProcessEnv) => timed(process.execPath, [join(root, file), "--help"], { env })

const measure = Effect.fnUntraced(function* (file: string, goal: number) {
  const cache = { HOME: yield* temporaryDirectory }
  const first = yield* Effect.replicateEffect(help(file, { NODE_DISABLE_COMPILE_CACHE: "1" }), starts)
  yield* help(file, cache)
  const later = median(yield* Effect.replicateEffect(help(file, cache), starts))
  const milliseconds = (seconds: number) => `${(seconds * 1_000).toFixed(0)} ms`
  yield* Console.log(
    `${file} --help: ${milliseconds(later)} (target ${milliseconds(goal)}: ${verdict(later <= goal)}), ${milliseconds(median(first))} where nothing is compiled yet; medians of ${starts}`,
  )
})

Console.log(describeMachine("effect")).pipe(
  Effect.andThen(measure("src/bin.ts", 0.35)),
  Effect.andThen(existsSync(join(root, "dist/bin.js")) ? measure("dist/bin.js", 0.15) : Effect.void),
  Effect.scoped,
  NodeRuntime.runMain,
)
