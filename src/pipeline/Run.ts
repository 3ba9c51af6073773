// What the files of a run share while they load: the request, the counts, the stop, the cancel.

import { Effect, Ref } from "effect"
import { NullWordTally } from "../domain/NullWordTally.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import { RejectTally } from "../domain/RejectTally.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { defaultWidths, type Widths } from "../domain/Widths.ts"
import { Stopwatch } from "../observability/Stopwatch.ts"
import type { RunRequest } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import * as AddressTally from "./AddressTally.ts"
import type { RunOptions } from "./PipelineOptions.ts"

/** What the files of a run need of its options. */
export type LoadOptions = Omit<RunOptions, "force" | "locateFor">

/** Reads the widths of the table's columns; those of a new table where the repository has none of its own. */
export const tableWidths = Effect.map(UserRepo, ({ widths = Effect.succeed(defaultWidths) }) =>
  Effect.map(widths, (own): Widths => ({ ...defaultWidths, ...own })),
)

/** A run that has committed nothing, until `recount`. */
export const make = Effect.fnUntraced(function* (runId: number, request: RunRequest, options: LoadOptions) {
  const committed = yield* Ref.make(noRecords)
  // For good: the share of rejects may fall again when another file is loaded.
  let isStopped = false
  let isCancelled = false
  let isLoaded = false
  const isExceededBy = (counts: RecordCounts): boolean => RejectLimit.isExceeded(options.maxRejects, counts)

  return {
    runId,
    request,
    options,
    /** Of the table's columns, when the first file begins. */
    widths: yield* Effect.cached(yield* tableWidths),
    addresses: yield* AddressTally.make,
    rejects: new RejectTally(),
    nullWords: new NullWordTally(),
    stopwatch: new Stopwatch(),
    /** What the run has committed, over all attempts. */
    committed: Ref.get(committed),
    count: (more: RecordCounts) => Ref.update(committed, (sum) => addCounts(sum, more)),
    /** What the run has committed by now, other processes included. */
    recount: (counts: RecordCounts) => Ref.set(committed, counts),
    /** Whether the counts have more rejects than `maxRejects` allows. */
    isExceededBy,
    /** No more is loaded: the run has too many rejects. */
    isStopped: Effect.map(Ref.get(committed), (counts) => isStopped || isExceededBy(counts)),
    /** Stops the run for good. Returns whether it was not stopped before. */
    stop: Effect.sync(() => {
      const isFirst = !isStopped
      isStopped = true
      return isFirst
    }),
    /** Starts nothing more; what is under way ends with its chunk, and leaves its file open. */
    cancel: Effect.sync(() => {
      isCancelled = true
    }),
    isCancelled: Effect.sync(() => isCancelled),
    /** This attempt has seen every file loaded; what is left are addresses. */
    setLoaded: Effect.sync(() => {
      isLoaded = true
    }),
    isLoaded: Effect.sync(() => isLoaded),
  }
})

export type Run = Effect.Success<ReturnType<typeof make>>
