// Fakes of the pipeline's services, in memory, for tests of programs that embed it. They keep the promises of the real
// services, except durability and transactions of other processes.

import { Effect, Layer } from "effect"
import { Answer, type Location } from "./domain/Location.ts"
import { GeoLocator } from "./geo/GeoLocator.ts"
import { Source } from "./source/Source.ts"

/** A source of the given files: name -> CSV text, or bytes as stored. `uri` is the source's URI. */
export const source = (
  files: Readonly<Record<string, string | Uint8Array>>,
  uri = "s3://bucket/prefix",
): Layer.Layer<Source> => Source.fromBytes(files, { uri })

/** A location with these fields; the others are 0 or null. */
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
 * A geolocation service that knows the given addresses and answers that every other one is unlocatable. `asked`
 * collects the batches of its requests.
 */
export const geoService = (
  places: Readonly<Record<string, Partial<Location>>>,
  asked: Array<ReadonlyArray<string>> = [],
): Layer.Layer<GeoLocator> =>
  Layer.succeed(GeoLocator, {
    name: "fake",
    instant: undefined,
    service: {
      provider: "fake",
      batchSize: 100,
      concurrency: 2,
      requestsPerMinute: 15,
      locate: (addresses) =>
        Effect.sync(() => {
          asked.push(addresses)
          return new Map(
            addresses.map((address) => [
              address,
              places[address] === undefined ? Answer.unlocatable("unknown") : Answer.located(place(places[address])),
            ]),
          )
        }),
    },
  })

export { layer as repo, type StoredUser, Tables } from "./memory/MemoryRepo.ts"
