// A fake geolocation service, which can be slow, and fail.

import { type Duration, Effect, Layer } from "effect"
import { Answer, type Location } from "../domain/Location.ts"
import { GeoLocator, type GeoLocatorError } from "../geo/GeoLocator.ts"

export interface LayerGeoOptions {
  /** The error of its requests. */
  readonly failWith?: GeoLocatorError | undefined
  /** How many requests fail before it answers. Default: all of them. */
  readonly failures?: number | undefined
  /** How long a request takes. Default: no time. */
  readonly delay?: Duration.Input | undefined
  /** Collects the batches of its requests. */
  readonly asked?: Array<ReadonlyArray<string>> | undefined
}

/**
 * A location with these fields; the others are 0 or null.
 *
 * @example
 * ```ts
 * import { Answer } from "user-activity-etl"
 * import * as Testing from "user-activity-etl/testing"
 *
 * const answer = Answer.located(Testing.place({ city: "London" }))
 * ```
 */
export const place = (fields: Partial<Location>): Location => ({
  latitude: 0,
  longitude: 0,
  country: null,
  region: null,
  city: null,
  timezone: null,
  isp_name: null,
  ...fields,
})

/**
 * A service that knows the given addresses, in canonical form, and answers that every other one is unlocatable.
 *
 * @example
 * ```ts
 * import * as Testing from "user-activity-etl/testing"
 *
 * const service = Testing.layerGeo({ "81.2.69.142": { city: "London" } }, { delay: "1 second" })
 * ```
 */
export const layerGeo = (
  places: Readonly<Record<string, Partial<Location>>>,
  { asked, delay = 0, failures = Infinity, failWith }: LayerGeoOptions = {},
): Layer.Layer<GeoLocator> => {
  let left = failWith === undefined ? 0 : failures
  let requests = 0
  return GeoLocator.layerService({
    provider: "fake",
    batchSize: 100,
    concurrency: 2,
    requestsPerMinute: 15,
    requestCounts: Effect.sync(() => ({ requests, refusals: 0 })),
    locate: Effect.fnUntraced(function* (addresses) {
      requests++
      asked?.push(addresses)
      yield* Effect.sleep(delay)
      if (failWith !== undefined && left-- > 0) return yield* failWith
      return new Map(
        addresses.map((address) => [
          address,
          places[address] === undefined ? Answer.unlocatable("unknown") : Answer.located(place(places[address])),
        ]),
      )
    }),
  }).pipe(Layer.orDie)
}
