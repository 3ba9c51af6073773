import { Option, Struct } from "effect"
import { type Command, Flag } from "effect/cli"
import type { Check } from "./CommandUsage.ts"
import { type Documented, type FlagGroup, optional } from "./documented.ts"
import { runChecks, runFlags, runGroups } from "./runFlags.ts"

/** Those of `etl run`, so that its command line can be checked as it is, but for how it tells of itself. */
export const checkFlags = {
  ...Struct.omit(runFlags, ["source", "dryRun", "json", "quiet", "noProgress"]),
  source: optional(
    Flag.String("source").pipe(Flag.withMetavar("PATH")),
    "What would be loaded: a directory, one file, or with --aws a key prefix; without it no file is looked at",
  ),
}

export type CheckFlags = Command.Command.Config.Infer<typeof checkFlags>

const documented: Readonly<Record<string, Documented<unknown>>> = checkFlags

/** The groups of `etl run`, with what is left of their flags. */
export const checkGroups: ReadonlyArray<FlagGroup> = runGroups
  .map((group): FlagGroup => {
    const flags = Object.keys(group.flags).flatMap((key) =>
      documented[key] === undefined ? [] : [[key, documented[key]] as const],
    )
    return Object.assign({}, group, { flags: Object.fromEntries(flags) })
  })
  .filter(({ flags }) => Object.keys(flags).length > 0)

/** As a run has it, which must be given one. */
const asOfRun = (values: Readonly<Record<string, unknown>>) => ({
  ...values,
  source: Option.getOrElse(values["source"] as CheckFlags["source"], () => "."),
})

export const checkChecks = runChecks.map(({ keys, problem }): Check => ({
  keys,
  problem: (values) => problem(values["source"] === undefined ? values : asOfRun(values)),
}))
