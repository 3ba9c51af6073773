// Checks options of locators and quotas: a wrong one would make them wait for ever.

import { Duration, Effect, Option } from "effect"
import { GeoLocatorConfigError } from "../domain/GeoLocatorError.ts"

const refuse = (setting: string, value: unknown, rule: string) =>
  Effect.fail(new GeoLocatorConfigError({ setting, message: `${setting} is ${String(value)}, but must be ${rule}.` }))

/** A whole number of at least 1. */
export const count = (setting: string, value: number): Effect.Effect<number, GeoLocatorConfigError> =>
  Number.isSafeInteger(value) && value >= 1
    ? Effect.succeed(value)
    : refuse(setting, value, "a whole number of at least 1")

/** A whole number of at least 1, or Infinity. */
export const countOrInfinity = (setting: string, value: number): Effect.Effect<number, GeoLocatorConfigError> =>
  value === Infinity || (Number.isSafeInteger(value) && value >= 1)
    ? Effect.succeed(value)
    : refuse(setting, value, "a whole number of at least 1, or Infinity")

/** A number above 0. */
export const positive = (setting: string, value: number): Effect.Effect<number, GeoLocatorConfigError> =>
  Number.isFinite(value) && value > 0 ? Effect.succeed(value) : refuse(setting, value, "a number above 0")

/** A finite time above 0. */
export const duration = (
  setting: string,
  input: Duration.Input,
): Effect.Effect<Duration.Duration, GeoLocatorConfigError> => {
  const value = Option.getOrUndefined(Duration.fromInput(input))
  return value !== undefined && Duration.isFinite(value) && Duration.isPositive(value)
    ? Effect.succeed(value)
    : refuse(setting, value === undefined ? JSON.stringify(input) : Duration.format(value), "a time above 0")
}
