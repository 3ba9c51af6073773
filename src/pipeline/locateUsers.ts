// Answers the addresses of users as far as no service is needed.

import { Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import { ipv4At, readIpv6 } from "../domain/addressNumbers.ts"
import { type AnswerTally, type Location, tally } from "../domain/Location.ts"
import type { LastVersions } from "../domain/rows/LastVersions.ts"
import { textColumns, textNumber } from "../domain/rows/layout.ts"
import type { NumberedPlaces } from "../domain/rows/RowPlaces.ts"
import type { RowSet } from "../domain/rows/RowSet.ts"
import { rowAddress } from "../domain/rows/rowValues.ts"
import type { Answerer } from "../domain/RunSummary.ts"
import { isSpecialIpv4, mayBeSpecialIpv6 } from "../domain/specialRanges.ts"
import { answerAtOnce, GeoLocator, type PlacesByNumber, placesByNumber } from "../geo/GeoLocator.ts"
import type { ShareLocations } from "../repo/RunRepo.ts"
import type { Run } from "./Run.ts"

interface Found {
  readonly numbered: NumberedPlaces | undefined
  /** The addresses that have no number. */
  readonly others: ReadonlySet<Address>
}

const allAddresses = ({ numbers, rows }: LastVersions): Found => {
  const others = new Set<Address>()
  for (const row of numbers) {
    const address = rowAddress(rows, row)
    if (address !== null) others.add(address)
  }
  return { numbered: undefined, others }
}

/** Looks each address up once. */
const findNumbers = ({ ofIpv4, ofIpv6, table }: PlacesByNumber, { numbers, rows }: LastVersions): Found => {
  const { at, bytes, lengths, starts } = rows
  const numberOf = new Map<number | Address, number>()
  const others = new Set<Address>()
  const groups = new Uint16Array(8)
  const lookUpIpv6 = (start: number, end: number): number =>
    readIpv6(bytes, start, end, groups) && !mayBeSpecialIpv6(groups) ? ofIpv6(groups) : 0

  const found = new Int32Array(rows.count)
  let addresses = 0
  for (const row of numbers) {
    const cell = row * textColumns.length + textNumber.ip_address
    if (lengths[cell]! < 0) continue
    const start = at[row]! + starts[cell]!
    const end = start + lengths[cell]!
    const ipv4 = ipv4At(bytes, start, end)
    const key = ipv4 === -1 ? rowAddress(rows, row)! : ipv4
    let number = numberOf.get(key)
    if (number === undefined) {
      number = ipv4 === -1 ? lookUpIpv6(start, end) : isSpecialIpv4(ipv4) ? 0 : ofIpv4(ipv4)
      numberOf.set(key, number)
      if (number > 0) addresses++
      else others.add(rowAddress(rows, row)!)
    }
    found[row] = number
  }
  return { numbered: { table, numbers: found, addresses }, others }
}

/** What is known of the addresses of users, and who answered how many. */
export interface Located {
  readonly locations: ShareLocations
  readonly answers: ReadonlyArray<readonly [Answerer, AnswerTally]>
}

/** Answers what can be answered at once, and leaves the rest for a service. */
export const locateUsers = Effect.fn("Loading.locate")(function* ({ options }: Run, { versions }: RowSet) {
  const locator = yield* GeoLocator
  const byNumber = placesByNumber(locator.instant)
  // Superseded records are not located: their places would never be seen, and would cost requests.
  const { numbered, others } = byNumber === undefined ? allAddresses(versions) : findNumbers(byNumber, versions)
  const { byRule, local, open } = yield* answerAtOnce(locator, others)
  const { located, unlocatable } = tally(local)
  const byAddress = new Map<Address, Location>()
  for (const [address, answer] of local) if (answer._tag === "Located") byAddress.set(address, answer.location)
  return {
    locations: { places: { byAddress, numbered }, queue: open, maxAge: options.locationsMaxAge },
    answers: [
      ["rule", tally(byRule)],
      ["local", { located: located + (numbered?.addresses ?? 0), unlocatable }],
    ],
  } satisfies Located
})

/** Counts who answered. */
export const countAnswers = ({ addresses }: Run, { answers }: Located) =>
  Effect.forEach(answers, ([answerer, tally]) => addresses.count(answerer, tally), { discard: true })
