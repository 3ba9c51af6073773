// How many addresses of each file have a place, and how many wait for a service.

import type { Address } from "../domain/Address.ts"
import { numberOfRow } from "../domain/rows/RowPlaces.ts"
import type { RowSet } from "../domain/rows/RowSet.ts"
import { rowsByFile } from "../domain/rows/rowsByFile.ts"
import { rowAddress } from "../domain/rows/rowValues.ts"
import type { FileSummary } from "../domain/RunSummary.ts"
import type { FilesOutcome, ShareLocations } from "../repo/RunRepo.ts"

type Addresses = Pick<FileSummary, "located" | "queued">

const none: Addresses = { located: 0, queued: 0 }

/** Of files that are committed together, by the file's number. An address counts once a file. */
export const addressesByFile = (
  { versions }: RowSet,
  { places, queue }: ShareLocations,
  { answered }: Pick<FilesOutcome, "answered">,
): ((fileId: number) => Addresses) => {
  if (places.byAddress.size + queue.length === 0 && places.numbered === undefined) return () => none
  const { rows } = versions
  const queued = new Set<Address>(queue)
  const isLocated = (row: number, address: Address): boolean =>
    numberOfRow(places, row) > 0 || places.byAddress.has(address) || answered.get(address) === true
  const rowsOf = rowsByFile(versions)
  return (fileId) => {
    const counted = new Set<Address>()
    let located = 0
    let waiting = 0
    for (const row of rowsOf.get(fileId) ?? []) {
      const address = rowAddress(rows, row)
      if (address === null || counted.has(address)) continue
      counted.add(address)
      if (isLocated(row, address)) located++
      else if (queued.has(address) && !answered.has(address)) waiting++
    }
    return { located, queued: waiting }
  }
}
