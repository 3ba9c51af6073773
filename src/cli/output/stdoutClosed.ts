// Waits until stdout accepts no more output.

import { Effect } from "effect"

/** Ends when stdout fails: `head` or `less` has exited, or the disk is full, which `start.ts` reports. */
export const stdoutClosed = Effect.callback<void>((resume) => {
  const onError = () => resume(Effect.void)
  process.stdout.once("error", onError)
  return Effect.sync(() => process.stdout.off("error", onError))
})
