import { Effect, Layer } from "effect"
import { DotEnv } from "../invocation.ts"

/** Names in a line: the file may have any number of them. */
const namedAtMost = 10

/** Reports the names in .env that it does not set; undefined where there are none. */
export const ignoredVariables = Effect.map(DotEnv, ({ ignored }): string | undefined => {
  if (ignored.length === 0) return undefined
  const others = ignored.length - namedAtMost
  const names = ignored.slice(0, namedAtMost).join(", ") + (others > 0 ? ` and ${others} more` : "")
  return `Ignored in .env: ${names}. Set these in the environment; etl help lists what .env sets.`
})

/** Warns of them, once a command. */
export const warnOfIgnored = Layer.effectDiscard(
  Effect.flatMap(ignoredVariables, (text) => (text === undefined ? Effect.void : Effect.logWarning(text))),
)
