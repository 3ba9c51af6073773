// Writes answers to `ip_locations`, and their places to users.

import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError } from "../../domain/DatabaseError.ts"
import type { Answer } from "../../domain/Location.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { isRefusal } from "../users/refusals.ts"
import { makeTransaction, repeatConflicts } from "../transaction.ts"
import { placeArrays, placeColumns, placeType } from "./placeColumns.ts"

/** An answered address. */
export type Answered = readonly [address: string, answer: Exclude<Answer, { readonly _tag: "NotNow" }>]

/**
 * The answers as a table `t`. Parameters: the addresses, the reasons of the unlocatable ones, and the places' columns.
 */
const answersTable = `unnest($1::text[], $2::text[], ${placeColumns
  .map((column, index) => `$${index + 3}::${placeType(column)}[]`)
  .join(", ")}) as t (address, reason, ${placeColumns.join(", ")})`

const answersParameters = (answered: ReadonlyArray<Answered>) => {
  return [
    texts(answered.map(([address]) => address)),
    texts(answered.map(([, answer]) => (answer._tag === "Unlocatable" ? answer.reason : null))),
    ...placeArrays(answered.map(([, answer]) => (answer._tag === "Located" ? answer.location : undefined))),
  ]
}

const remember = `
  update ip_locations l set
    status = case when t.reason is null then 'located' else 'unlocatable' end,
    claimed_by = null, claimed_until = null, runs = null, provider = $${placeColumns.length + 3}, located_at = now(), reason = t.reason,
    ${placeColumns.map((column) => `${column} = t.${column}`).join(", ")}
  from ${answersTable} where l.address = t.address
  returning l.address`

/** Locks rows in e-mail order, as chunks do. */
const placeUsers = (condition: string): string => `
  with waiting as materialized (
    select u.id, ${placeColumns.map((column) => `t.${column}`).join(", ")} from users u join ${answersTable} on t.address = u.ip_address
    where ${condition}
    order by u.email collate "C" for update of u
  )
  update users u set ${placeColumns.map((column) => `${column} = w.${column}`).join(", ")}, migrated_at = now()
  from waiting w where u.id = w.id`

/** The condition repeats the arrays, so that the index of users without a place is used. */
const placeNew = placeUsers("u.ip_address = any($1) and u.latitude is null and t.latitude is not null")

const row = (table: string): string => `(${placeColumns.map((column) => `${table}.${column}`).join(", ")})`

/** Reads all users: there is no index of their addresses, as it would cost every load a fifth of its time. */
const placeAgain = placeUsers(`${row("u")} is distinct from ${row("t")}`)

/** What to do with the addresses' rows in `ip_locations`. */
export type Keeping =
  /** They keep the answer of that provider. */
  | { readonly _tag: "Remember"; readonly provider: string }
  /** They leave the queue. An earlier answer of a service holds, unless they are located now. */
  | { readonly _tag: "Settle" }
  /** They have the answer already. */
  | { readonly _tag: "Fill" }

/** For a place that `ip_locations` refuses: the address is not requested again. */
const withoutPlace = ([address]: Answered): Answered => [
  address,
  { _tag: "Unlocatable", reason: "the database refuses its place" },
]

/**
 * Writes answers to `ip_locations` and to the users of their addresses, in one transaction, and returns the addresses
 * that are still pending although they were answered. A place that a constraint or trigger of `users` refuses is left
 * out there, as in `UserRepo.upsert`; one that `ip_locations` refuses is left out of both.
 */
export const makePlaces = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)

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
  })

  const keep = (keeping: Keeping, answered: ReadonlyArray<Answered>) => {
    switch (keeping._tag) {
      case "Remember":
        return Effect.map(
          sql.unsafe<{ address: string }>(remember, [...answersParameters(answered), keeping.provider]),
          (rows) => new Set(rows.map(({ address }) => address)),
        )
      case "Settle":
        return Effect.as(settle(answered), undefined)
      case "Fill":
        return Effect.succeed(undefined)
    }
  }

  const write = Effect.fnUntraced(
    function* (keeping: Keeping, answered: ReadonlyArray<Answered>, reachesUsers: boolean) {
      // Chunks lock the same rows, in the same order, before they write users: see UserRepo.upsert.
      const asked = yield* sql<{ address: string; isAgain: boolean }>`
        select address, located_at is not null as "isAgain" from ip_locations
        where address = any(${texts(answered.map(([address]) => address))}) order by address for update`
      const kept = yield* keep(keeping, answered)
      const waiting = kept === undefined ? [] : answered.flatMap(([address]) => (kept.has(address) ? [] : address))
      if (!reachesUsers) return waiting
      yield* sql.unsafe(placeNew, answersParameters(answered))
      const again = new Set(asked.flatMap(({ address, isAgain }) => (isAgain ? [address] : [])))
      const reanswered = answered.filter(
        ([address, { _tag }]) =>
          again.has(address) && (keeping._tag === "Remember" || (keeping._tag === "Settle" && _tag === "Located")),
      )
      if (reanswered.length > 0) yield* sql.unsafe(placeAgain, answersParameters(reanswered))
      return waiting
    },
    (effect) => repeatConflicts(transaction(effect)),
  )

  /** Writes what is possible of an answer whose place `users` refuses. */
  const writeLess = (keeping: Keeping, one: Answered, { message }: DatabaseError) => {
    const [address] = one
    return write(keeping, [one], false).pipe(
      Effect.tap(() => Effect.logWarning(`users with the address ${address} get no place: ${message}`)),
      Effect.catchIf(isRefusal, () =>
        Effect.andThen(
          Effect.logWarning(`the place of ${address} is left out: ${message}`),
          Effect.catchIf(write(keeping, [withoutPlace(one)], false), isRefusal, () => Effect.succeed([address])),
        ),
      ),
    )
  }

  const writeAcceptable = (
    keeping: Keeping,
    answered: ReadonlyArray<Answered>,
  ): Effect.Effect<ReadonlyArray<string>, SqlError | DatabaseError> =>
    write(keeping, answered, true).pipe(
      Effect.catchIf(isRefusal, (error) =>
        answered.length > 1
          ? Effect.map(
              Effect.forEach(answered, (one) => writeAcceptable(keeping, [one])),
              (waiting) => waiting.flat(),
            )
          : writeLess(keeping, answered[0]!, fromSqlError(error)),
      ),
    )

  return writeAcceptable
})
