// The errors of locators: one that locates failed, or cannot be made.

import { Runtime, Schema } from "effect"

/**
 * A locator failed. `retryable`: the same request may succeed later. `setting`: what to correct, where that is known:
 * `url` and `key` of ip-api, `files` of mmdb. A service's failure leaves the addresses pending; a local locator's ends
 * the run, since its addresses are not queued.
 */
export class GeoLocatorError extends Schema.TaggedError<GeoLocatorError>()("GeoLocatorError", {
  provider: Schema.String,
  setting: Schema.optionalKey(Schema.Literals(["url", "key", "files"])),
  message: Schema.String,
  retryable: Schema.Boolean,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/**
 * A locator or a quota cannot be made of what it is given. `setting`: the option at fault, such as `url` or `limit`, or
 * `layers` of a chain.
 */
export class GeoLocatorConfigError extends Schema.TaggedError<GeoLocatorConfigError>()("GeoLocatorConfigError", {
  setting: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}
