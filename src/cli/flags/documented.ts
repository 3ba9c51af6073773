// Flags with all that help says of them.

import type { Option } from "effect"
import { Flag } from "effect/cli"

/** What help says of a flag beyond what effect/cli keeps. */
export interface Documentation {
  /** The default, as help shows it, if neither the flag nor a variable is set. */
  readonly unset: string | undefined
  /** Variables that are read if the flag is not given. */
  readonly environment: ReadonlyArray<string>
}

/** A flag with its documentation. Its key in the configuration of a command is its name in camel case. */
export type Documented<A> = Flag.Flag<A> & { readonly documentation: Documentation }

/** A flag with the values that it allows, for help. */
export type Limited<A> = Flag.Flag<A> & { readonly allowed?: string }

/** Flags under one title of the help. */
export interface FlagGroup {
  readonly title: string
  readonly flags: Readonly<Record<string, Documented<unknown>>>
  /** A paragraph below the flags. */
  readonly note?: string
}

const document = <A>(flag: Flag.Flag<A>, unset?: string, environment: ReadonlyArray<string> = []): Documented<A> =>
  Object.assign(flag, { documentation: { unset, environment } })

const describe = <A>(flag: Limited<A>, description: string): Flag.Flag<A> =>
  Flag.withDescription(flag, flag.allowed === undefined ? description : `${description} (${flag.allowed})`)

/** A flag that must be given. */
export const required = <A>(flag: Limited<A>, description: string): Documented<A> =>
  document(describe(flag, description))

/** A flag that may be omitted. `unset`: its default in words; `environment`: variables that are read instead. */
export const optional = <A>(
  flag: Limited<A>,
  description: string,
  options: { readonly unset?: string; readonly environment?: ReadonlyArray<string> } = {},
): Documented<Option.Option<A>> =>
  document(Flag.optional(describe(flag, description)), options.unset, options.environment)

/** A flag with a default, which help shows as `format` writes it. */
export const withDefault = <A>(
  flag: Limited<A>,
  value: NoInfer<A>,
  description: string,
  format: (value: NoInfer<A>) => string = String,
): Documented<A> => document(Flag.withDefault(describe(flag, description), value), format(value))

/** A flag that may be given any number of times. */
export const repeatable = <A>(flag: Limited<A>, description: string, unset: string): Documented<ReadonlyArray<A>> =>
  document(Flag.withDefault(Flag.atLeast(describe(flag, `${description}; may be given more than once`), 1), []), unset)

/** A flag without a value, off by default. `letter`: its short name. */
export const toggle = (name: string, description: string, letter?: string): Documented<boolean> => {
  const flag = Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))
  return document(letter === undefined ? flag : Flag.withAlias(flag, letter))
}

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer All) => void
  ? { [Key in keyof All]: All[Key] }
  : never

/** The flags of all definitions of a list, as one configuration of a command. */
export const mergeFlags = <const Definition extends { readonly flags: FlagGroup["flags"] }>(
  definitions: ReadonlyArray<Definition>,
): Intersection<Definition["flags"]> => Object.assign({}, ...definitions.map(({ flags }) => flags))
