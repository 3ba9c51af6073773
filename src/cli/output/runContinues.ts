// Says that a run of a cluster continues when the command that follows it is interrupted.

import { Console, Effect } from "effect"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"
import { etl } from "../../text/etl.ts"

export const printRunContinues = (runId: number, flags: Pick<DatabaseFlags, "databaseUrl" | "embedded">) =>
  Effect.onInterrupt(() =>
    Console.error(`Run ${runId} continues. Follow it again: ${etl} follow ${runId}${sameDatabase(flags)}`),
  )
