import { Context } from "effect"

/** The words of the command line. */
export const CommandLine = Context.Reference<ReadonlyArray<string>>("user-activity-etl/commands/CommandLine", {
  defaultValue: () => [],
})

/** The names of the variables that the file .env has set: those of the environment win. */
export const DotEnv = Context.Reference<ReadonlySet<string>>("user-activity-etl/commands/DotEnv", {
  defaultValue: () => new Set(),
})
