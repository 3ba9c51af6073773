import { Console, Effect } from "effect"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

/** Tells who interrupts the command that the run of the cluster does not end with it. */
export const printRunContinues = (runId: number, flags: Pick<DatabaseFlags, "databaseUrl" | "embedded">) =>
  Effect.onInterrupt(() =>
    Console.error(`Run ${runId} goes on. Follow it again: etl follow ${runId}${sameDatabase(flags)}`),
  )
