// A check of a conformance suite: a promise, and an effect that fails where it is broken.

import { Effect, Equal, type Layer, Schema } from "effect"
import * as Layers from "effect/Layer"

/** An implementation breaks a promise of its contract. */
export class ConformanceError extends Schema.TaggedError<ConformanceError>()("ConformanceError", {
  message: Schema.String,
}) {}

/** A promise, and what proves it. Each check builds the implementation anew. */
export interface Check<E> {
  readonly name: string
  readonly check: Effect.Effect<void, ConformanceError | E>
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (inner instanceof Map ? Object.fromEntries(inner) : inner)) ??
  "undefined"

/** Fails where the values differ, with both. */
export const expectEqual = (what: string, actual: unknown, expected: unknown): Effect.Effect<void, ConformanceError> =>
  Equal.equals(actual, expected)
    ? Effect.void
    : Effect.fail(new ConformanceError({ message: `${what}: expected ${show(expected)}, got ${show(actual)}` }))

/** Fails with the message unless the condition holds. */
export const expect = (message: string, holds: boolean): Effect.Effect<void, ConformanceError> =>
  holds ? Effect.void : Effect.fail(new ConformanceError({ message }))

/** The checks over a layer, which each builds for itself. */
export const checksOf =
  <ROut, E>(layer: Layer.Layer<ROut, E>) =>
  (checks: Readonly<Record<string, Effect.Effect<void, unknown, ROut>>>): ReadonlyArray<Check<unknown>> =>
    Object.entries(checks).map(([name, check]) => ({
      name,
      check: Effect.scoped(
        Effect.flatMap(Layers.build(Layers.fresh(layer)), (context) => Effect.provideContext(check, context)),
      ),
    }))
