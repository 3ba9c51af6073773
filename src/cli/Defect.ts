import { Cause, Effect, Layer, Predicate, Runtime, Schema } from "effect"
import { logFailure } from "../observability/Logging.ts"

/** The program itself is wrong, and the person has been told. */
export class Defect extends Schema.TaggedError<Defect>()("Defect", { defect: Schema.Defect() }) {
  override readonly [Runtime.errorExitCode] = 1
  override readonly [Runtime.errorReported] = false
}

/** What a person reads of a defect; its stack is for those who mend it. */
export const describeDefect = (defect: unknown): string => {
  const what = Predicate.isError(defect) ? (defect.message === "" ? defect.name : defect.message) : String(defect)
  return `This is a defect of etl, not of your files or settings: ${what}. Please report it`
}

const logDefect = Effect.fnUntraced(function* (defect: unknown) {
  yield* Effect.logFatal(`${describeDefect(defect)}, with what the log says.`, Cause.die(defect))
  return yield* new Defect({ defect })
})

/** Tells and logs why a command ends: an error in a line, a defect in a line, with its stack in the log. */
export const logEnd = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  self.pipe(Effect.tapError(logFailure), Effect.catchDefect(logDefect))

/** The same where the services of a command cannot be made. */
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
