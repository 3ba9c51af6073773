// How the loading of a file ends: loaded, failed, stopped or left open.

import { Effect, Option } from "effect"
import { describeReason, type Reject } from "../domain/Reject.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import type { FileSummary, RecordCounts } from "../domain/RunSummary.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { giveAgain } from "../domain/stdin.ts"
import { explain } from "../observability/Advice.ts"
import { countAttributes } from "../observability/Metrics.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { type FileLoad, type Part, RunRepo } from "../repo/RunRepo.ts"
import { plural } from "../text/format.ts"
import { briefly } from "./briefly.ts"
import type { Run } from "./Run.ts"

/** Logs a line, at some level. */
export type Log = (message: string) => Effect.Effect<void>

/** What this attempt did for a file. */
export interface FileWork {
  /** When it started, in milliseconds of the monotonic clock. */
  readonly start: number
  located: number
  queued: number
  /** Without its bytes, which would keep the whole block that they were read with in memory. */
  firstReject: Pick<Reject, "line" | "reasons"> | undefined
  /** The counts of the file, where it was loaded as a whole. */
  wholeCounts: RecordCounts | undefined
}

export const beginWork = Effect.map(monotonicMillis, (start): FileWork => ({
  start,
  located: 0,
  queued: 0,
  firstReject: undefined,
  wholeCounts: undefined,
}))

export const fileSummary = (
  { uri, name }: Pick<SourceFile, "uri" | "name">,
  state: FileSummary["state"],
  counts: RecordCounts,
  why?: { readonly error: string; readonly failure: SourceError },
): FileSummary => ({ uri, name, state, counts, located: 0, queued: 0, milliseconds: 0, error: null, ...why })

const annotateSpan = ({ counts, state }: FileSummary) =>
  Effect.annotateCurrentSpan({
    "etl.file.state": state,
    ...countAttributes(counts),
  })

/** The summary, with what this attempt did for the file. */
export const withWork = Effect.fnUntraced(function* (summary: FileSummary, { located, queued, start }: FileWork) {
  yield* annotateSpan(summary)
  return { ...summary, located, queued, milliseconds: Math.round((yield* monotonicMillis) - start) }
})

/** The name of a part for people; a file that is not split has its own name. */
export const nameOf = ({ file }: FileLoad<SourceFile>, { part, resume }: Part): string =>
  resume?.end === undefined ? file.name : `${file.name}, part ${part + 1}`

/** Records, rejects and bad values, for people. */
export const describeCounts = ({ blanked, read, rejected }: RecordCounts): string =>
  [
    plural(read, "record"),
    ...(rejected > 0 ? [plural(rejected, "reject")] : []),
    ...(blanked > 0 ? [plural(blanked, "bad value")] : []),
  ].join(", ")

/** Every record of the file, or of the part, is committed. `log`: at which level. */
export const loaded = Effect.fnUntraced(function* (
  load: FileLoad<SourceFile>,
  counts: RecordCounts,
  log: Log = Effect.logInfo,
) {
  const [part, ...others] = load.parts
  const isPart = others.length === 0 && part?.resume?.end !== undefined
  const what = isPart ? nameOf(load, part) : load.file.name
  yield* log(`${what}: ${describeCounts(counts)}${isPart ? " of the file so far" : ""}`).pipe(
    Effect.annotateLogs({ step: "Load", ...counts }),
  )
  return fileSummary(load.file, "loaded", counts)
})

/** The file cannot be read to its end. */
export const failed = Effect.fnUntraced(function* (load: FileLoad<SourceFile>, error: SourceError) {
  const runs = yield* RunRepo
  const why = yield* explain(error)
  yield* Effect.logError(why).pipe(Effect.annotateLogs({ step: "Extract" }))
  yield* runs.failFile(load, why)
  return fileSummary(load.file, "failed", yield* runs.fileCounts(load), { error: why, failure: error })
})

/** Loading ended before the file did. */
export const leftOpen = Effect.fnUntraced(function* (load: FileLoad<SourceFile>) {
  return fileSummary(load.file, "open", yield* (yield* RunRepo).fileCounts(load))
})

/** Standard input is not read to its end, and no call resumes it: says what is committed, and keeps that. */
export const cutShort = Effect.fnUntraced(function* (run: Run, load: FileLoad<SourceFile>) {
  const runs = yield* RunRepo
  // The database may know of more shares than were reported; it may be out of reach.
  const counts = yield* briefly(runs.fileCounts(load))
  const { read } = Option.isSome(counts) ? counts.value : yield* run.committed
  const why = `${load.file.name} was not read to its end; committed: ${plural(read, "record")}. ${giveAgain}.`
  yield* Effect.logError(why).pipe(Effect.annotateLogs({ step: "Extract" }))
  yield* briefly(runs.failFile(load, why))
})

/** Logs the stop once: files that load beside the one that stopped the run stop too. */
const logStop = Effect.fnUntraced(function* (run: Run, { file }: FileLoad<SourceFile>, first: FileWork["firstReject"]) {
  if (!(yield* run.stop)) return
  const { read, rejected } = yield* run.committed
  const where =
    first === undefined ? "" : `; ${file.name}: line ${first.line}: ${first.reasons.map(describeReason).join(", ")}`
  yield* Effect.logError(
    `stopped: ${rejected} of ${plural(read, "record")} rejected, more than ${RejectLimit.format(run.options.maxRejects)}${where}`,
  ).pipe(Effect.annotateLogs({ step: "Transform" }))
})

/** The run has too many rejects. The file is loaded all the same where it was written as a whole. */
export const stopped = Effect.fnUntraced(function* (run: Run, load: FileLoad<SourceFile>, work: FileWork) {
  yield* logStop(run, load, work.firstReject)
  return work.wholeCounts === undefined ? yield* leftOpen(load) : yield* loaded(load, work.wholeCounts)
})
