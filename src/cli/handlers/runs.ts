// `etl runs`: lists runs, or shows one in full.

import { Clock, Console, Effect, Option, Schema } from "effect"
import { RunDetails, type RunName, RunRecord } from "../../domain/RunRecord.ts"
import { RunHistory } from "../../repo/RunHistory.ts"
import { toIndentedJson } from "../../text/printable.ts"
import { type RunsFlags, runsListed } from "../commands/runs.ts"
import { logEnd } from "../Defect.ts"
import { existingHistory, withOptionalLog } from "../layers.ts"
import { formatRun, formatRuns } from "../output/formatRuns.ts"
import { stdoutWidth } from "../output/stdoutWidth.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

export const layer = (flags: RunsFlags) => existingHistory(flags).pipe(withOptionalLog(flags))

const encodeRuns = Schema.encodeEffect(Schema.Array(RunRecord))
const encodeRun = Schema.encodeEffect(RunDetails)

const printJson = (value: unknown) => Console.log(toIndentedJson(value))

const list = Effect.fnUntraced(function* ({ json, limit }: RunsFlags) {
  const { runs, total } = yield* (yield* RunHistory).latest(Option.getOrElse(limit, () => runsListed))
  const now = new Date(yield* Clock.currentTimeMillis)
  yield* json
    ? printJson(yield* Effect.orDie(encodeRuns(runs)))
    : Console.log(formatRuns(runs, total, stdoutWidth(), now))
})

const show = Effect.fnUntraced(function* (flags: RunsFlags, name: RunName) {
  const run = yield* (yield* RunHistory).details(name)
  yield* flags.json
    ? printJson(yield* Effect.orDie(encodeRun(run)))
    : Console.log(formatRun(run, stdoutWidth(), sameDatabase(flags)))
})

export const handler = Effect.fn("runs")(
  (flags: RunsFlags) => Option.match(flags.run, { onNone: () => list(flags), onSome: (name) => show(flags, name) }),
  logEnd,
)
