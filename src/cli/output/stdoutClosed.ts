import { Effect } from "effect"

/**
 * Waits until nothing that is printed arrives any more: `head` has seen enough, `less` was left, or the disk is full, which
 * `bin.ts` reports.
 */
export const stdoutClosed = Effect.callback<void>((resume) => {
  const onError = () => resume(Effect.void)
  process.stdout.once("error", onError)
  return Effect.sync(() => process.stdout.off("error", onError))
})
