// Queues the addresses of a share in the transaction of its commit, or finds what a service has answered before.

import { Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Address } from "../../domain/Address.ts"
import type { AnswerTally, Location } from "../../domain/Location.ts"
import type { ShareLocations } from "../../repo/RunRepo.ts"
import { texts } from "../arrays.ts"
import { placeColumns } from "./placeColumns.ts"

/** Rows that are settled between two statements are queued again. A trigger may keep them out every time. */
const maxQueueTries = 20

/** Runs of a source that are kept with a pending address, so that its row stays small: the earliest goes first. */
export const maxRuns = 32

/** What `ip_locations` has on the addresses of a share. */
interface Queued {
  /** How many are answered. */
  readonly remembered: AnswerTally
  /** Which, and whether they have a place. */
  readonly answered: ReadonlyMap<Address, boolean>
  /** Their places, also of those that are asked again. */
  readonly places: ReadonlyMap<Address, Location>
}

const nothing: Queued = { remembered: { located: 0, unlocatable: {} }, answered: new Map(), places: new Map() }

const settled = `select address, status = 'located' as "isLocated", status <> 'pending' as "isAnswered", ${placeColumns.join(", ")}
  from ip_locations where address = any($1) and (status <> 'pending' or latitude is not null)`

interface SettledRow extends Omit<Location, "latitude"> {
  readonly address: Address
  readonly isLocated: boolean
  readonly isAnswered: boolean
  readonly latitude: number | null
}

/** Queues the addresses without an answer for the run, and returns the answers of the others. */
export const makeQueueAddresses = (sql: SqlClient) =>
  Effect.fnUntraced(function* (runId: number, { queue, maxAge }: ShareLocations) {
    if (queue.length === 0) return nothing
    const distinct = [...new Set(queue)].sort()
    const addresses = texts(distinct)
    const run = sql`array[${runId}::bigint]`
    const lock = Effect.fnUntraced(function* () {
      yield* sql`
        insert into ip_locations (address, runs) select address, ${run} from unnest(${addresses}) address order by address
        on conflict do nothing`
      if (maxAge !== undefined) {
        yield* sql`
          update ip_locations set status = 'pending', runs = ${run} where address in (
            select address from ip_locations
            where address = any(${addresses}) and status <> 'pending'
              and located_at < now() - make_interval(secs => ${Duration.toSeconds(maxAge)})
            order by address for update
          )`
      }
      // Locating locks the same rows before it touches users: either it sees these users, or they see its answer.
      // Chunks that share the lock can still add their run to its rows, in address order.
      const locked = yield* sql<{
        status: string
        reason: string | null
        lacksRun: boolean
        hasPlace: boolean
        count: number
      }>`
        select status, reason, "lacksRun", "hasPlace", count(*)::int as count
        from (
          select status, reason, status = 'pending' and (runs @> ${run}) is not true as "lacksRun",
            latitude is not null as "hasPlace"
          from ip_locations where address = any(${addresses}) order by address for key share
        ) locked
        group by status, reason, "lacksRun", "hasPlace"`
      if (locked.some(({ lacksRun }) => lacksRun)) {
        yield* sql`
          update ip_locations set runs = runs[greatest(cardinality(runs) - ${maxRuns - 2}::integer, 1):] || ${run}
          where address in (
            select address from ip_locations
            where address = any(${addresses}) and status = 'pending' and (runs @> ${run}) is not true
            order by address for no key update
          )`
      }
      return locked
    })
    let states = yield* lock()
    // Settled rows leave the queue, perhaps between the two statements.
    const isLocked = () => states.reduce((sum, { count }) => sum + count, 0) === distinct.length
    for (let tries = 1; !isLocked() && tries < maxQueueTries; tries++) states = yield* lock()
    if (!isLocked()) {
      yield* Effect.logWarning(
        "Addresses are not queued, and their users get no place: a trigger or policy of ip_locations keeps them out. Change it, then locate again.",
      )
    }
    const places = new Map<Address, Location>()
    const answered = new Map<Address, boolean>()
    if (states.some(({ hasPlace, status }) => hasPlace || status !== "pending")) {
      const found = yield* sql.unsafe<SettledRow>(settled, [addresses])
      for (const { address, isAnswered, isLocated, latitude, ...place } of found) {
        if (latitude !== null) places.set(address, { latitude, ...place })
        if (isAnswered) answered.set(address, isLocated)
      }
    }
    let located = 0
    const unlocatable: Record<string, number> = {}
    for (const { status, reason, count } of states) {
      if (status === "located") located += count
      if (status === "unlocatable") unlocatable[reason ?? "unknown"] = (unlocatable[reason ?? "unknown"] ?? 0) + count
    }
    return { remembered: { located, unlocatable }, answered, places } satisfies Queued
  })
