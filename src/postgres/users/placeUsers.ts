// Writes the places of addresses to their users.

import { Effect } from "effect"
import { fromSqlError } from "../../domain/DatabaseError.ts"
import type { AddressPlace } from "../../repo/UserRepo.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { CommitTry } from "../commitTry.ts"
import { placeArrays, placeColumns, placesTable } from "../locations/placeColumns.ts"
import { makeRepeat } from "../transaction.ts"
import { isRefusal } from "./refusals.ts"

/** Locks rows in e-mail order, as chunks do. */
const placeUsers = (condition: string): string => `
  with waiting as materialized (
    select u.id, ${placeColumns.map((column) => `t.${column}`).join(", ")} from users u join ${placesTable} on t.address = u.ip_address
    where ${condition}
    order by u.email collate "C" for update of u
  )
  update users u set ${placeColumns.map((column) => `${column} = w.${column}`).join(", ")}, migrated_at = now()
  from waiting w where u.id = w.id`

/** The condition repeats the arrays, so that the index of users without a place is used. */
const fill = placeUsers("u.ip_address = any($1) and u.latitude is null and t.latitude is not null")

const row = (table: string): string => `(${placeColumns.map((column) => `${table}.${column}`).join(", ")})`

/** Reads all users: there is no index of their addresses, as it would cost every load a fifth of its time. */
const replace = placeUsers(`${row("u")} is distinct from ${row("t")}`)

const parameters = (places: ReadonlyArray<AddressPlace>) => [
  texts(places.map(({ address }) => address)),
  ...placeArrays(places.map(({ location }) => location ?? undefined)),
]

/**
 * Writes places in one transaction or savepoint. A place that a constraint or trigger of `users` refuses is left out,
 * and logged.
 */
export const makePlaceUsers = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const repeat = makeRepeat(sql)

  const write = Effect.fnUntraced(function* (places: ReadonlyArray<AddressPlace>) {
    const replacing = places.filter(({ replaces }) => replaces)
    // Otherwise a deferred constraint refuses all of them at COMMIT.
    if ((yield* CommitTry)?.isCareful === true) yield* sql`set constraints all immediate`
    yield* sql.unsafe(fill, parameters(places))
    if (replacing.length > 0) yield* sql.unsafe(replace, parameters(replacing))
  }, transaction)

  const writeOne = (place: AddressPlace) =>
    Effect.catchIf(write([place]), isRefusal, (error) =>
      Effect.logWarning(`users with the address ${place.address} get no place: ${fromSqlError(error).message}`),
    )

  return Effect.fn("UserRepo.place")(function* (places: ReadonlyArray<AddressPlace>) {
    if (places.length === 0) return
    yield* repeat(Effect.catchIf(write(places), isRefusal, () => Effect.forEach(places, writeOne, { discard: true })))
  })
})
