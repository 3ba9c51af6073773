/**
 * Fakes of the pipeline's services, in memory: for tests of programs that embed it. They keep the promises of the real
 * ones, but for durability and for transactions of other processes.
 */
import { Effect, Layer, Stream } from "effect"
import { Answer, type Location } from "./domain/Location.ts"
import { GeoLocator } from "./geo/GeoLocator.ts"
import { Source } from "./source/Source.ts"
import { byName, SourceError, type SourceFile } from "./domain/SourceFile.ts"

/** A source of the given files: name -> CSV text, or bytes as they are stored. `uri` is what it pretends to be. */
export const source = (
  files: Readonly<Record<string, string | Uint8Array>>,
  uri = "s3://bucket/prefix",
): Layer.Layer<Source> => {
  const contents = new Map(
    Object.entries(files).map(([name, content]) => [
      `${uri}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ]),
  )
  const listing = [...contents].map(([fileUri, bytes]): SourceFile => ({
    uri: fileUri,
    name: fileUri.slice(uri.length + 1),
    // As an ETag: a function of the bytes.
    fingerprint: `${bytes.length}-${bytes.reduce((hash, byte) => (hash * 31 + byte) >>> 0, 7)}`,
    size: bytes.length,
  }))
  return Layer.succeed(Source, {
    uri,
    files: Effect.succeed(listing.sort(byName)),
    read: (file, fromByte) => {
      const bytes = contents.get(file.uri)
      return bytes === undefined
        ? Stream.fail(new SourceError({ operation: "read", uri: file.uri, message: `${file.uri} is not there` }))
        : Stream.succeed(bytes.subarray(fromByte))
    },
    checkUnchanged: () => Effect.void,
  })
}

/** A location of which only some fields matter. */
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
 * A geolocation service that knows the given addresses and calls every other one unlocatable. `asked` collects the
 * batches that it was asked for.
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

export { layer as repo, Tables } from "./memory/MemoryRepo.ts"
export type { StoredUser } from "./memory/StoredUser.ts"
