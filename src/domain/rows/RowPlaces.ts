// The places of rows: by number where a table has them, by address otherwise.

import type { Address } from "../Address.ts"
import type { Location } from "../Location.ts"
import type { PlaceTable } from "../PlaceTable.ts"
import type { LastVersions } from "./LastVersions.ts"
import type { Rows } from "./Rows.ts"
import { rowAddress } from "./rowValues.ts"

/** Places by number. */
export interface NumberedPlaces {
  readonly table: PlaceTable
  /** By row: the number of its place; 0: it has none here. */
  readonly numbers: Int32Array
  /** How many different addresses have one. */
  readonly addresses: number
}

export interface RowPlaces {
  readonly byAddress: ReadonlyMap<Address, Location>
  readonly numbered?: NumberedPlaces | undefined
}

export const noPlaces: RowPlaces = { byAddress: new Map() }

/** How many different addresses have a place. */
export const countAddresses = ({ byAddress, numbered }: RowPlaces): number =>
  byAddress.size + (numbered === undefined ? 0 : numbered.addresses)

/** With those that a service has answered before, for the addresses that have none yet. */
export const withRemembered = (
  { byAddress, numbered }: RowPlaces,
  remembered: ReadonlyMap<Address, Location>,
): RowPlaces => ({
  byAddress: remembered.size === 0 ? byAddress : new Map([...remembered, ...byAddress]),
  numbered,
})

/** The number of a row's place; 0: it may have one by its address. */
export const numberOfRow = ({ numbered }: RowPlaces, row: number): number =>
  numbered === undefined ? 0 : numbered.numbers[row]!

/** The place of a row's address, where it has no number. */
export const placeByAddress = ({ byAddress }: RowPlaces, rows: Rows, row: number): Location | undefined => {
  const address = byAddress.size === 0 ? null : rowAddress(rows, row)
  return address === null ? undefined : byAddress.get(address)
}

/** The place of a row, as an object. */
export const placeOfRow = (places: RowPlaces, rows: Rows, row: number): Location | undefined => {
  const number = numberOfRow(places, row)
  return number > 0 ? places.numbered!.table.location(number) : placeByAddress(places, rows, row)
}

/** All places of the versions by address, as objects. */
export const placesByAddress = (
  { byAddress, numbered }: RowPlaces,
  { numbers, rows }: LastVersions,
): ReadonlyMap<Address, Location> => {
  if (numbered === undefined) return byAddress
  const all = new Map(byAddress)
  for (const row of numbers) {
    const number = numbered.numbers[row]!
    if (number > 0) all.set(rowAddress(rows, row)!, numbered.table.location(number))
  }
  return all
}
