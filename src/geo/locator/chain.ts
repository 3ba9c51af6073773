// Locators that are asked in order for each address.

import { Effect, Result } from "effect"
import type { Address } from "../../domain/Address.ts"
import { Answer } from "../../domain/Location.ts"
import { GeoLocatorConfigError } from "../../domain/GeoLocatorError.ts"
import type { Locator } from "./Locator.ts"
import { passPlacesByNumber } from "./placesByNumber.ts"

type Instant = NonNullable<Locator["instant"]>

const chainInstants = (instants: ReadonlyArray<Instant>): Instant | undefined => {
  if (instants.length === 0) return undefined
  const chained: Instant = Effect.fnUntraced(function* (addresses) {
    const answers = new Map<Address, Answer>()
    for (const instant of instants) {
      const open = addresses.filter((address) => (answers.get(address) ?? Answer.notNow)._tag === "NotNow")
      if (open.length === 0) break
      for (const [address, answer] of yield* instant(open)) answers.set(address, answer)
    }
    return answers
  })
  passPlacesByNumber(instants[0]!, chained)
  return chained
}

/** At most one may be a service: the queue is one. */
export const chain = (locators: ReadonlyArray<Locator>): Result.Result<Locator, GeoLocatorConfigError> => {
  const services = locators.flatMap(({ service }) => service ?? [])
  if (services.length > 1) {
    const names = services.map(({ provider }) => provider).join(" and ")
    return Result.fail(
      new GeoLocatorConfigError({
        setting: "layers",
        message: `A chain of locators takes one service, but is given ${names}. Leave out all but one.`,
      }),
    )
  }
  return Result.succeed({
    name: locators.map(({ name }) => name).join(","),
    instant: chainInstants(locators.flatMap(({ instant }) => instant ?? [])),
    service: services[0],
  })
}
