// Reports names in the .env file that it must not set.

import { Effect, Layer } from "effect"
import { DotEnv } from "../invocation.ts"
import { etl } from "../../text/etl.ts"

/** The file may have any number of names. */
const maxNamed = 10

/** The message; undefined: no name is ignored. */
export const ignoredVariables = Effect.map(DotEnv, ({ ignored }): string | undefined => {
  if (ignored.length === 0) return undefined
  const others = ignored.length - maxNamed
  const names = ignored.slice(0, maxNamed).join(", ") + (others > 0 ? ` and ${others} more` : "")
  return `Ignored in .env: ${names}. Set these in the environment; ${etl} help lists what .env sets.`
})

/** Logs the message once for each command. */
export const warnOfIgnored = Layer.effectDiscard(
  Effect.flatMap(ignoredVariables, (text) => (text === undefined ? Effect.void : Effect.logWarning(text))),
)
