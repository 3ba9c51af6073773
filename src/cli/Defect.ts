// Logs why a command fails, and separates a defect of the program from an error that was foreseen.

import { Cause, Effect, Layer, Predicate, Runtime, Schema } from "effect"
import { logFailure } from "../observability/Logging.ts"

/** A defect that is logged and printed already. */
export class Defect extends Schema.TaggedError<Defect>()("Defect", { defect: Schema.Defect() }) {
  override readonly [Runtime.errorExitCode] = 1
  override readonly [Runtime.errorReported] = false
}

/** The message of a defect, without its stack. */
export const describeDefect = (defect: unknown): string => {
  const what = Predicate.isError(defect) ? (defect.message === "" ? defect.name : defect.message) : String(defect)
  return `This is a defect in etl, not in your files or settings: ${what}. Please report it`
}

const logDefect = Effect.fnUntraced(function* (defect: unknown) {
  yield* Effect.logFatal(`${describeDefect(defect)}, with the log.`, Cause.die(defect))
  return yield* new Defect({ defect })
})

/** Prints and logs why a command fails, in one line; the log also has the stack of a defect. */
export const logEnd = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  self.pipe(Effect.tapError(logFailure), Effect.catchDefect(logDefect))

/** The same if the services of a command cannot be made. */
export const logLayerEnd = <A, E, R>(self: Layer.Layer<A, E, R>): Layer.Layer<A, E | Defect, R> =>
  self.pipe(
    Layer.tapError(logFailure),
    Layer.catchCause((cause) => {
      const end: Effect.Effect<never, E | Defect> = Cause.hasDies(cause)
        ? logDefect(Cause.squash(cause))
        : Effect.failCause(cause)
      return Layer.effectContext<A, E | Defect, never>(end)
    }),
  )
