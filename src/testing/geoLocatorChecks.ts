// The promises of `GeoLocator`, as checks that any implementation can be run through.

import { Effect, type Layer, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import { Address as AddressSchema } from "../domain/Address.ts"
import { type Answer, type Answers, Location } from "../domain/Location.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { type Check, checksOf, expect, expectEqual } from "./check.ts"

const isLocation = Schema.is(Location)

/** What `instant` and `service` answer, whichever the locator has. */
const ask = Effect.fnUntraced(function* (addresses: ReadonlyArray<Address>) {
  const { instant, service } = yield* GeoLocator
  const answers: Array<Answers> = []
  if (instant !== undefined) answers.push(yield* instant(addresses))
  if (service !== undefined) {
    for (let start = 0; start < addresses.length; start += service.batchSize) {
      answers.push(yield* service.locate(addresses.slice(start, start + service.batchSize)))
    }
  }
  return answers
})

const answerOf = (all: ReadonlyArray<Answers>, address: Address): Answer["_tag"] =>
  all.map((answers) => answers.get(address)).find((answer) => answer !== undefined && answer._tag !== "NotNow")?._tag ??
  "NotNow"

/**
 * Checks of a `GeoLocator`. `known`: public addresses that it locates; `unknown`: public ones without a place.
 *
 * @example
 * ```ts
 * import { it } from "@effect/vitest"
 * import * as Testing from "user-activity-etl/testing"
 *
 * const layer = Testing.layerGeo({ "9.9.9.9": { city: "Nine" } })
 * const addresses = { known: ["9.9.9.9"], unknown: ["8.8.8.8"] }
 * for (const { check, name } of Testing.geoLocatorChecks({ layer, ...addresses })) it.effect(name, () => check)
 * ```
 */
export const geoLocatorChecks = <ROut, E>({
  known,
  layer,
  unknown,
}: {
  readonly layer: Layer.Layer<ROut | GeoLocator, E>
  readonly known: ReadonlyArray<string>
  readonly unknown: ReadonlyArray<string>
}): ReadonlyArray<Check<unknown>> => {
  const knownAddresses = known.map((text) => AddressSchema.make(text))
  const unknownAddresses = unknown.map((text) => AddressSchema.make(text))
  const all = [...knownAddresses, ...unknownAddresses]

  return checksOf(layer)({
    "has a name, and a service with bounds": Effect.gen(function* () {
      const { name, service } = yield* GeoLocator
      yield* expect("it has no name", name !== "")
      if (service === undefined) return
      yield* expect(`batchSize is ${service.batchSize}`, Number.isInteger(service.batchSize) && service.batchSize >= 1)
      yield* expect(
        `concurrency is ${service.concurrency}`,
        Number.isInteger(service.concurrency) && service.concurrency >= 1,
      )
    }),

    "locates the addresses that it knows, each with a valid location": Effect.gen(function* () {
      const answers = yield* ask(knownAddresses)
      for (const address of knownAddresses) {
        yield* expectEqual(`the answer for ${address}`, answerOf(answers, address), "Located")
      }
      for (const [address, answer] of answers.flatMap((some) => Array.from(some))) {
        if (answer._tag === "Located")
          yield* expect(`the location of ${address} is invalid`, isLocation(answer.location))
      }
    }),

    "has no place for the addresses that it does not know": Effect.gen(function* () {
      const answers = yield* ask(unknownAddresses)
      for (const address of unknownAddresses) {
        yield* expect(`${address} is located`, answerOf(answers, address) !== "Located")
      }
    }),

    "answers for the addresses that it is asked for, and for no others": Effect.gen(function* () {
      const asked = new Set<string>(knownAddresses)
      for (const answers of yield* ask(knownAddresses)) {
        for (const address of answers.keys()) yield* expect(`${address} was not asked for`, asked.has(address))
      }
    }),

    "answers the same in any order, and again": Effect.gen(function* () {
      const first = yield* ask(all)
      const second = yield* ask(all.toReversed())
      for (const address of all) {
        yield* expectEqual(`the answer for ${address}`, answerOf(second, address), answerOf(first, address))
      }
    }),

    "answers nothing where nothing is asked": Effect.gen(function* () {
      const { instant, service } = yield* GeoLocator
      if (instant !== undefined) yield* expectEqual("answers", (yield* instant([])).size, 0)
      if (service !== undefined) yield* expectEqual("answers", (yield* service.locate([])).size, 0)
    }),

    "answers several calls at once": Effect.gen(function* () {
      const { service } = yield* GeoLocator
      const calls = Array.from({ length: Math.min(service?.concurrency ?? 4, 4) }, () => ask(knownAddresses))
      for (const answers of yield* Effect.all(calls, { concurrency: "unbounded" })) {
        for (const address of knownAddresses) {
          yield* expectEqual(`the answer for ${address}`, answerOf(answers, address), "Located")
        }
      }
    }),
  })
}
