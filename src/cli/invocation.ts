import { Context } from "effect"
import type { DotEnvNames } from "./dotEnv.ts"

/** The words of the command line. */
export const CommandLine = Context.Reference<ReadonlyArray<string>>("user-activity-etl/commands/CommandLine", {
  defaultValue: () => [],
})

/** What the file .env has set, and what it must not set. */
export const DotEnv = Context.Reference<DotEnvNames>("user-activity-etl/commands/DotEnv", {
  defaultValue: () => ({ set: new Set(), ignored: [] }),
})
