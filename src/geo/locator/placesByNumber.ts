// Which locators number their places: a load looks addresses up in its rows' bytes, and copies the places' bytes.

import type { PlaceTable } from "../../domain/PlaceTable.ts"
import type { Locator } from "./Locator.ts"

type Instant = NonNullable<Locator["instant"]>

/** Looks public addresses up. */
export interface PlacesByNumber {
  readonly table: PlaceTable
  /** The number of the place of an IPv4 address, by its number; 0: `instant` has to be asked. */
  readonly ofIpv4: (address: number) => number
  /** The same for an IPv6 address, by its eight groups. */
  readonly ofIpv6: (groups: Uint16Array) => number
}

/** By function. A function that wraps one is not in here, and is asked for answers. */
const lookups = new WeakMap<Instant, () => PlacesByNumber>()

/** `lookup` is called for each share of a chunk; the numbers of a share are of one table. */
export const addPlacesByNumber = (instant: Instant, lookup: () => PlacesByNumber): void => {
  lookups.set(instant, lookup)
}

/** The places of `instant` by number; undefined: it has none. */
export const placesByNumber = (instant: Locator["instant"]): PlacesByNumber | undefined =>
  instant && lookups.get(instant)?.()

/** What the first locator of a chain knows is the answer of the chain. */
export const passPlacesByNumber = (first: Instant, chained: Instant): void => {
  const lookup = lookups.get(first)
  if (lookup !== undefined) lookups.set(chained, lookup)
}
