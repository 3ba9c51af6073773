// The counts of answered addresses, for the summary and the progress.

import { Effect, Ref } from "effect"
import type { AnswerTally } from "../domain/Location.ts"
import { reportProgress } from "../observability/Progress.ts"
import { type AnsweredCounts, type Answerer, countAnswers, noAddresses } from "../domain/RunSummary.ts"

/** Counts answered addresses, and reports the progress. */
export interface AddressTally {
  readonly count: (answerer: Answerer, answers: AnswerTally) => Effect.Effect<void>
  readonly counts: Effect.Effect<AnsweredCounts>
}

export const make: Effect.Effect<AddressTally> = Effect.map(Ref.make(noAddresses), (counts) => ({
  count: (answerer, answers) =>
    Ref.updateAndGet(counts, (sum) => countAnswers(sum, answerer, answers)).pipe(
      Effect.flatMap((addresses) => reportProgress({ _tag: "Answered", addresses })),
    ),
  counts: Ref.get(counts),
}))
