// What to do about an error, in the words of the program that a person uses: the library knows no flags.

import { Context, Effect } from "effect"

/** What to do about an error, added to its message; undefined: nothing to add. The command names its flags. */
export const Advice = Context.Reference<(error: unknown) => string | undefined>(
  "user-activity-etl/observability/Advice",
  { defaultValue: () => () => undefined },
)

/** The error's message for people, with the program's advice. */
export const explain = (error: { readonly message: string }): Effect.Effect<string> =>
  Effect.map(Advice, (advise) => {
    const advice = advise(error)
    return advice === undefined ? error.message : `${error.message} ${advice}`
  })
