// Writes answers to `ip_locations`, and has their places written to the users in the same transaction.

import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError } from "../../domain/DatabaseError.ts"
import type { Answer } from "../../domain/Location.ts"
import type { Place } from "../../repo/LocationQueue.ts"
import type { AddressPlace } from "../../repo/UserRepo.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { CommitTry } from "../commitTry.ts"
import { repeatConflicts } from "../transaction.ts"
import { isRefusal } from "../users/refusals.ts"
import { placeArrays, placeColumns, placeType } from "./placeColumns.ts"

/** An answered address. */
export type Answered = readonly [address: string, answer: Exclude<Answer, { readonly _tag: "NotNow" }>]

/** Parameters: the addresses, the reasons of the unlocatable ones, the places' columns, the provider. */
const rememberAnswers = `
  update ip_locations l set
    status = case when t.reason is null then 'located' else 'unlocatable' end,
    claimed_by = null, claimed_until = null, runs = null, provider = $${placeColumns.length + 3}, located_at = now(), reason = t.reason,
    ${placeColumns.map((column) => `${column} = t.${column}`).join(", ")}
  from unnest($1::text[], $2::text[], ${placeColumns
    .map((column, index) => `$${index + 3}::${placeType(column)}[]`)
    .join(", ")}) as t (address, reason, ${placeColumns.join(", ")}) where l.address = t.address
  returning l.address`

const locationOf = ([, answer]: Answered) => (answer._tag === "Located" ? answer.location : undefined)

/** What to do with the addresses' rows in `ip_locations`. */
export type Keeping =
  /** They keep the answer of that provider. */
  | { readonly _tag: "Remember"; readonly provider: string }
  /** They leave the queue. An earlier answer of a service holds, unless they are located now. */
  | { readonly _tag: "Settle" }
  /** As `Settle`, but for those with an earlier answer: only users without a place get one. */
  | { readonly _tag: "Fill" }

/** For a place that `ip_locations` refuses: the address is not requested again. */
const withoutPlace = ([address]: Answered): Answered => [
  address,
  { _tag: "Unlocatable", reason: "the database refuses its place" },
]

/** The places of the answers; `answeredBefore`: the addresses that have an earlier answer. */
const placesOf = (
  keeping: Keeping,
  answered: ReadonlyArray<Answered>,
  answeredBefore: ReadonlySet<string>,
): ReadonlyArray<AddressPlace> =>
  answered.flatMap((one): AddressPlace | [] => {
    const [address] = one
    const location = locationOf(one) ?? null
    const replaces =
      keeping._tag !== "Fill" && answeredBefore.has(address) && (keeping._tag === "Remember" || location !== null)
    return location === null && !replaces ? [] : { address, location, replaces }
  })

/**
 * Writes answers in one transaction, and returns the addresses that are still pending although they were answered. A
 * place that `ip_locations` refuses is left out.
 */
export const makeWriteAnswers = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction

  const settle = Effect.fnUntraced(function* (answered: ReadonlyArray<Answered>) {
    const addresses = texts(answered.map(([address]) => address))
    const located = texts(answered.flatMap(([address, { _tag }]) => (_tag === "Located" ? address : [])))
    yield* sql`
      delete from ip_locations
      where address = any(${addresses}) and status = 'pending' and (located_at is null or address = any(${located}))`
    yield* sql`
      update ip_locations set
        status = case when reason is null then 'located' else 'unlocatable' end, claimed_by = null, claimed_until = null,
        runs = null
      where address = any(${addresses}) and status = 'pending'`
    return []
  })

  const remember = Effect.fnUntraced(function* (provider: string, answered: ReadonlyArray<Answered>) {
    const rows = yield* sql.unsafe<{ address: string }>(rememberAnswers, [
      texts(answered.map(([address]) => address)),
      texts(answered.map(([, answer]) => (answer._tag === "Unlocatable" ? answer.reason : null))),
      ...placeArrays(answered.map(locationOf)),
      provider,
    ])
    const kept = new Set(rows.map(({ address }) => address))
    return answered.flatMap(([address]) => (kept.has(address) ? [] : address))
  })

  return <E, R>(keeping: Keeping, answers: ReadonlyArray<Answered>, place: Place<E, R>) => {
    const write = (answered: ReadonlyArray<Answered>, commitTry: CommitTry) =>
      Effect.gen(function* () {
        // Chunks lock the same rows, in the same order, before they write users: see `queueAddresses`.
        const asked = yield* sql<{ address: string; hasAnswer: boolean }>`
          select address, located_at is not null as "hasAnswer" from ip_locations
          where address = any(${texts(answered.map(([address]) => address))}) order by address for update`
        const answeredBefore = new Set(asked.flatMap(({ address, hasAnswer }) => (hasAnswer ? [address] : [])))
        yield* place(placesOf(keeping, answered, answeredBefore)).pipe(Effect.provideService(CommitTry, commitTry))
        if (keeping._tag === "Remember") return yield* remember(keeping.provider, answered)
        if (keeping._tag === "Settle") return yield* settle(answered)
        // A chunk may have queued more of them meanwhile, with users that are not placed.
        const queued = new Set(asked.flatMap(({ address, hasAnswer }) => (hasAnswer ? [] : [address])))
        return queued.size === 0 ? [] : yield* settle(answered.filter(([address]) => queued.has(address)))
      }).pipe(transaction, repeatConflicts)

    const careful: CommitTry = { isCareful: true, isRefused: false }

    const writeOne = (one: Answered) =>
      Effect.catchIf(write([one], careful), isRefusal, (error) =>
        Effect.logWarning(`the place of ${one[0]} is left out: ${fromSqlError(error).message}`).pipe(
          Effect.andThen(write([withoutPlace(one)], careful)),
          Effect.catchIf(isRefusal, () => Effect.succeed([one[0]])),
        ),
      )

    const writeAll: Effect.Effect<ReadonlyArray<string>, SqlError | DatabaseError | E, R> = Effect.catchIf(
      write(answers, { isCareful: false, isRefused: false }),
      isRefusal,
      () => Effect.map(Effect.forEach(answers, writeOne), (waiting) => waiting.flat()),
    )
    return writeAll
  }
})
