// What the program was started with: its arguments, and the names in the .env file.

import { Context } from "effect"
import type { DotEnvNames } from "./dotEnv.ts"

/** The words of the command line. */
export const CommandLine = Context.Reference<ReadonlyArray<string>>("user-activity-etl/cli/CommandLine", {
  defaultValue: () => [],
})

/** The names in the .env file. */
export const DotEnv = Context.Reference<DotEnvNames>("user-activity-etl/cli/DotEnv", {
  defaultValue: () => ({ set: new Set(), ignored: [] }),
})
