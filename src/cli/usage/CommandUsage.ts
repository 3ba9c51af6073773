// What help and usage errors say of a command, and the rules about its flags.

import { Context, Effect } from "effect"
import { CliError, Command, type Param } from "effect/cli"
import type { ExitCodes } from "./exitCodes.ts"
import type { FlagGroup } from "../flags/documented.ts"

/** A rule about several flags, checked only if each of them could be read. */
export interface Check {
  /** The flags' keys in the command's configuration. */
  readonly keys: ReadonlyArray<string>
  /** What is wrong and what to do; undefined: nothing is wrong. */
  readonly problem: (values: Readonly<Record<string, unknown>>) => string | undefined
}

/** What help and usage errors say of a command beyond what effect/cli keeps. */
export interface Usage {
  /** The flags and arguments of the command. */
  readonly config: Readonly<Record<string, Param.Any>>
  readonly groups: ReadonlyArray<FlagGroup>
  readonly checks: ReadonlyArray<Check>
  readonly exitCodes: ExitCodes
  /** Pages of documentation, and what each is about. */
  readonly pages: Readonly<Record<string, string>>
  /** Paragraphs at the end of the help. */
  readonly notes: ReadonlyArray<string>
}

/** The usage of a command, as its annotation. */
export const CommandUsage = Context.Reference<Usage>("user-activity-etl/cli/CommandUsage", {
  defaultValue: () => ({ config: {}, groups: [], checks: [], exitCodes: {}, pages: {}, notes: [] }),
})

/** `maxRejects` of `max-rejects`: the key of a flag in its command's configuration. */
export const keyOf = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** `max-rejects` of `maxRejects`. */
export const nameOf = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A rule about flags of a command whose values are `Flags`. */
export const check =
  <Flags>() =>
  <const K extends keyof Flags & string>(
    keys: ReadonlyArray<K>,
    problem: (values: Pick<Flags, K>) => string | undefined,
  ): Check => ({ keys, problem: (values) => problem(values as Pick<Flags, K>) })

/** Adds the usage to a command, and runs its checks before the command. */
export const withUsage =
  (usage: Partial<Usage>) =>
  <Name extends string, Input extends Readonly<Record<string, unknown>>, ContextInput, E, R>(
    self: Command.Command<Name, Input, ContextInput, E, R>,
  ): Command.Command<Name, Input, ContextInput, E, R> =>
    self.pipe(
      Command.annotate(CommandUsage, { ...CommandUsage.defaultValue(), ...usage }),
      Command.validate((input: Input) => {
        const problem = usage.checks?.map(({ problem }) => problem(input)).find((text) => text !== undefined)
        return problem === undefined ? Effect.void : Effect.fail(new CliError.ValidationError({ message: problem }))
      }),
    )
