import { Context, Effect } from "effect"
import { CliError, Command, type Param } from "effect/cli"
import type { ExitCodes } from "./exitCodes.ts"
import type { FlagGroup } from "../flags/documented.ts"

/** A rule about several flags. It is asked only where each of them could be read. */
export interface Check {
  /** The flags' keys in the command's configuration. */
  readonly keys: ReadonlyArray<string>
  /** What is wrong and what to do, if anything is. */
  readonly problem: (values: Readonly<Record<string, unknown>>) => string | undefined
}

/** What help and usage errors need to know of a command beyond what effect/cli keeps. */
export interface Usage {
  /** The flags and arguments that the command was made of. */
  readonly config: Readonly<Record<string, Param.Any>>
  readonly groups: ReadonlyArray<FlagGroup>
  readonly checks: ReadonlyArray<Check>
  readonly exitCodes: ExitCodes
  /** Paragraphs that end the help. */
  readonly notes: ReadonlyArray<string>
}

/** The usage of a command, as an annotation of it. */
export const CommandUsage = Context.Reference<Usage>("user-activity-etl/commands/CommandUsage", {
  defaultValue: () => ({ config: {}, groups: [], checks: [], exitCodes: {}, notes: [] }),
})

/** The key of a flag in its command's configuration, by its name. */
export const keyOf = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** The name of a flag, by its key. */
export const nameOf = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A rule about flags of a command that are read as `Flags`. */
export const check =
  <Flags>() =>
  <const K extends keyof Flags & string>(
    keys: ReadonlyArray<K>,
    problem: (values: Pick<Flags, K>) => string | undefined,
  ): Check => ({ keys, problem: (values) => problem(values as Pick<Flags, K>) })

/** Tells help and usage errors of the command; its checks hold before it begins. */
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
