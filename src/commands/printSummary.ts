import { Console, Effect } from "effect"
import { toJson } from "../domain/printable.ts"
import { exitCode, type RunSummary } from "../domain/RunSummary.ts"
import { Incomplete } from "./CommandError.ts"
import type { SummaryOptions } from "./formatSummary.ts"
import { stdoutWidth } from "./stdoutWidth.ts"

export const formatForPeople = Effect.fnUntraced(function* (
  summary: RunSummary,
  options: Omit<SummaryOptions, "width">,
) {
  const { formatSummary } = yield* Effect.promise(() => import("./formatSummary.ts"))
  return formatSummary(summary, { ...options, width: stdoutWidth() })
})

/** Prints what a run did: as JSON, or the text for people. Fails with the exit code where it was not perfect. */
export const printSummary = Effect.fnUntraced(function* <R>(
  summary: RunSummary,
  {
    database,
    dryRun,
    json,
  }: {
    readonly json: boolean
    readonly dryRun: boolean
    /** Null in a dry run, which has none. */ readonly database: string | null
  },
  text: Effect.Effect<string, never, R>,
) {
  const code = exitCode(summary)
  yield* Console.log(json ? toJson({ exitCode: code, dryRun, database, ...summary }) : yield* text)
  if (code !== 0) return yield* new Incomplete({ code })
})
