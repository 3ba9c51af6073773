import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError } from "../../domain/DatabaseError.ts"
import type { Answer } from "../../domain/Location.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { isRefusal } from "../users/refusals.ts"
import { makeTransaction, repeatConflicts } from "../transaction.ts"
import { placeArrays, placeColumns, placeType } from "./placeColumns.ts"

/** An answer that is one. */
export type Told = readonly [address: string, answer: Exclude<Answer, { readonly _tag: "NotNow" }>]

/** What was told, as a table `t`: its first parameters are the addresses, the reasons of the unlocatable, and the places. */
const toldTable = `unnest($1::text[], $2::text[], ${placeColumns
  .map((column, index) => `$${index + 3}::${placeType(column)}[]`)
  .join(", ")}) as t (address, reason, ${placeColumns.join(", ")})`

const toldParameters = (told: ReadonlyArray<Told>) => {
  return [
    texts(told.map(([address]) => address)),
    texts(told.map(([, answer]) => (answer._tag === "Unlocatable" ? answer.reason : null))),
    ...placeArrays(told.map(([, answer]) => (answer._tag === "Located" ? answer.location : undefined))),
  ]
}

const remember = `
  update ip_locations l set
    status = case when t.reason is null then 'located' else 'unlocatable' end,
    claimed_by = null, claimed_until = null, runs = null, provider = $${placeColumns.length + 3}, located_at = now(), reason = t.reason,
    ${placeColumns.map((column) => `${column} = t.${column}`).join(", ")}
  from ${toldTable} where l.address = t.address
  returning l.address`

/** Rows are locked in e-mail order, as chunks lock them. */
const placeUsers = (condition: string): string => `
  with waiting as materialized (
    select u.id, ${placeColumns.map((column) => `t.${column}`).join(", ")} from users u join ${toldTable} on t.address = u.ip_address
    where ${condition}
    order by u.email collate "C" for update of u
  )
  update users u set ${placeColumns.map((column) => `${column} = w.${column}`).join(", ")}, migrated_at = now()
  from waiting w where u.id = w.id`

/** The condition repeats the arrays, so that the index of users without a place is used. */
const placeNew = placeUsers("u.ip_address = any($1) and u.latitude is null and t.latitude is not null")

const row = (table: string): string => `(${placeColumns.map((column) => `${table}.${column}`).join(", ")})`

/** Reads all users: there is no index of their addresses, which would cost every load a fifth of its time. */
const placeAgain = placeUsers(`${row("u")} is distinct from ${row("t")}`)

/** What becomes of the addresses' rows in `ip_locations`. */
export type Keeping =
  /** They remember the answer of that provider. */
  | { readonly _tag: "Remember"; readonly provider: string }
  /** They leave the queue. What a service has told of them before holds, unless they are located now. */
  | { readonly _tag: "Settle" }
  /** They have the answer already. */
  | { readonly _tag: "Fill" }

/** An answer whose place `ip_locations` does not take: the address is not asked for again. */
const withoutPlace = ([address]: Told): Told => [
  address,
  { _tag: "Unlocatable", reason: "the database refuses its place" },
]

/**
 * Writes answers to `ip_locations` and to the users of their addresses, in one transaction, and returns the addresses that
 * keep waiting although they were answered. A place that a constraint or trigger of the users refuses is left out there, as
 * in `UserRepo.upsert`; one that it refuses in `ip_locations` is left out of both.
 */
export const makePlaces = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)

  const settle = Effect.fnUntraced(function* (told: ReadonlyArray<Told>) {
    const addresses = texts(told.map(([address]) => address))
    const located = texts(told.flatMap(([address, { _tag }]) => (_tag === "Located" ? address : [])))
    yield* sql`
      delete from ip_locations
      where address = any(${addresses}) and status = 'pending' and (located_at is null or address = any(${located}))`
    yield* sql`
      update ip_locations set
        status = case when reason is null then 'located' else 'unlocatable' end, claimed_by = null, claimed_until = null,
        runs = null
      where address = any(${addresses}) and status = 'pending'`
  })

  const keep = (keeping: Keeping, told: ReadonlyArray<Told>) => {
    switch (keeping._tag) {
      case "Remember":
        return Effect.map(
          sql.unsafe<{ address: string }>(remember, [...toldParameters(told), keeping.provider]),
          (rows) => new Set(rows.map(({ address }) => address)),
        )
      case "Settle":
        return Effect.as(settle(told), undefined)
      case "Fill":
        return Effect.succeed(undefined)
    }
  }

  const write = Effect.fnUntraced(
    function* (keeping: Keeping, told: ReadonlyArray<Told>, reachesUsers: boolean) {
      // Chunks lock the same rows, in the same order, before they write users: see UserRepo.upsert.
      const asked = yield* sql<{ address: string; isAgain: boolean }>`
        select address, located_at is not null as "isAgain" from ip_locations
        where address = any(${texts(told.map(([address]) => address))}) order by address for update`
      const kept = yield* keep(keeping, told)
      const waiting = kept === undefined ? [] : told.flatMap(([address]) => (kept.has(address) ? [] : address))
      if (!reachesUsers) return waiting
      yield* sql.unsafe(placeNew, toldParameters(told))
      const again = new Set(asked.flatMap(({ address, isAgain }) => (isAgain ? [address] : [])))
      const retold = told.filter(
        ([address, { _tag }]) =>
          again.has(address) && (keeping._tag === "Remember" || (keeping._tag === "Settle" && _tag === "Located")),
      )
      if (retold.length > 0) yield* sql.unsafe(placeAgain, toldParameters(retold))
      return waiting
    },
    (effect) => repeatConflicts(transaction(effect)),
  )

  /** What else can be written of an answer that PostgreSQL refuses with its place in `users`. */
  const writeLess = (keeping: Keeping, one: Told, { message }: DatabaseError) => {
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
    told: ReadonlyArray<Told>,
  ): Effect.Effect<ReadonlyArray<string>, SqlError | DatabaseError> =>
    write(keeping, told, true).pipe(
      Effect.catchIf(isRefusal, (error) =>
        told.length > 1
          ? Effect.map(
              Effect.forEach(told, (one) => writeAcceptable(keeping, [one])),
              (waiting) => waiting.flat(),
            )
          : writeLess(keeping, told[0]!, fromSqlError(error)),
      ),
    )

  return writeAcceptable
})
