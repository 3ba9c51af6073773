// Prints the result of a run or of locating.

import { Console, Effect } from "effect"
import { toJson } from "../../text/printable.ts"
import { exitCode, type RunSummary } from "../../domain/RunSummary.ts"
import { Incomplete } from "../CommandError.ts"
import type { SummaryOptions } from "./formatSummary.ts"
import type { OutputFlags } from "../flags/outputFlags.ts"
import { stdoutWidth } from "./stdoutWidth.ts"

export const formatForPeople = Effect.fnUntraced(function* (
  summary: RunSummary,
  options: Omit<SummaryOptions, "rejectsOut" | "width">,
) {
  const { formatSummary } = yield* Effect.promise(() => import("./formatSummary.ts"))
  const { rejectsOut } = yield* Effect.promise(() => import("./freeName.ts"))
  return formatSummary(summary, { ...options, rejectsOut: yield* rejectsOut, width: stdoutWidth() })
})

/**
 * Prints the result as JSON, or as text, which --quiet omits if the exit code is 0. Fails with the exit code if it is
 * not 0.
 */
export const printResult = Effect.fnUntraced(function* <R>(
  code: 0 | Incomplete["code"],
  { json, quiet }: Pick<OutputFlags, "json" | "quiet">,
  result: object,
  text: Effect.Effect<string, never, R>,
) {
  if (json) yield* Console.log(toJson({ exitCode: code, ...result }))
  else if (!quiet || code !== 0) yield* Console.log(yield* text)
  if (code !== 0) return yield* new Incomplete({ code })
})

interface SummaryFlags extends Pick<OutputFlags, "json" | "quiet"> {
  readonly dryRun: boolean
  /** Null in a dry run. */
  readonly database: string | null
}

/** What JSON has of a summary: errors as texts. */
const withoutErrors = ({ files, locatingFailure: _, ...summary }: RunSummary) => ({
  ...summary,
  files: files.map(({ failure: _, ...file }) => file),
})

/** The same for a run. */
export const printSummary = <R>(
  summary: RunSummary,
  { database, dryRun, ...flags }: SummaryFlags,
  text: Effect.Effect<string, never, R>,
) => printResult(exitCode(summary), flags, { dryRun, database, ...withoutErrors(summary) }, text)
