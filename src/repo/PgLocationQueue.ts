import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, fromSqlError, toDatabaseError } from "../domain/DatabaseError.ts"
import type { Answer, Answers } from "../domain/Location.ts"
import { doubles, texts } from "./arrays.ts"
import { LocationQueue } from "./LocationQueue.ts"
import { answered, patiently } from "./patience.ts"
import { isRefusal } from "./refusals.ts"
import { makeTransaction, repeatConflicts } from "./transaction.ts"
import { placeColumns } from "./upsertUsers.ts"

type Told = readonly [address: string, answer: Exclude<Answer, { readonly _tag: "NotNow" }>]

const make = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const transaction = makeTransaction(sql)

  const release = Effect.fnUntraced(function* (addresses: ReadonlyArray<string>) {
    yield* sql`
      update ip_locations set claimed_until = null
      where address = any(${texts(addresses)}) and status = 'pending'`
  })

  const writeAnswers = Effect.fnUntraced(
    function* (provider: string, told: ReadonlyArray<Told>, reachesUsers: boolean) {
      const addresses = texts(told.map(([address]) => address))
      const places = told.map(([, answer]) => (answer._tag === "Located" ? answer.location : undefined))
      const reasons = told.map(([, answer]) => (answer._tag === "Unlocatable" ? answer.reason : null))
      // Chunks lock the same rows, in the same order, before they write users: see UserRepo.upsert.
      yield* sql`select from ip_locations where address = any(${addresses}) order by address for update`
      yield* sql`
      update ip_locations l set
        status = case when t.reason is null then 'located' else 'unlocatable' end,
        claimed_until = null, provider = ${provider}, located_at = now(), reason = t.reason,
        latitude = t.latitude, longitude = t.longitude, country = t.country, region = t.region, city = t.city,
        timezone = t.timezone, isp_name = t.isp_name
      from unnest(
        ${addresses}, ${texts(reasons)},
        ${doubles(places.map((place) => place?.latitude ?? null))}, ${doubles(places.map((place) => place?.longitude ?? null))},
        ${texts(places.map((place) => place?.country ?? null))}, ${texts(places.map((place) => place?.region ?? null))},
        ${texts(places.map((place) => place?.city ?? null))}, ${texts(places.map((place) => place?.timezone ?? null))},
        ${texts(places.map((place) => place?.isp_name ?? null))}
      ) as t (address, reason, latitude, longitude, country, region, city, timezone, isp_name)
      where l.address = t.address`
      if (!reachesUsers) return
      // Rows are locked in e-mail order, as chunks lock them.
      yield* sql.unsafe(
        `with waiting as materialized (
        select u.id, l.* from users u join ip_locations l on l.address = u.ip_address
        where u.ip_address = any($1) and u.latitude is null and l.status = 'located'
        order by u.email collate "C" for update of u
      )
      update users u set ${placeColumns.map((column) => `${column} = w.${column}`).join(", ")}, migrated_at = now()
      from waiting w where u.id = w.id`,
        [addresses],
      )
    },
    (effect) => repeatConflicts(transaction(effect)),
  )

  /** A user that a constraint or trigger does not let have its place goes without, as in `UserRepo.upsert`. */
  const writeAcceptable = (
    provider: string,
    told: ReadonlyArray<Told>,
  ): Effect.Effect<void, SqlError | DatabaseError> =>
    answered(writeAnswers(provider, told, true)).pipe(
      Effect.catchIf(isRefusal, (error) =>
        told.length > 1
          ? Effect.forEach(told, (one) => writeAcceptable(provider, [one]), { discard: true })
          : answered(writeAnswers(provider, told, false)).pipe(
              Effect.andThen(
                Effect.logWarning(`users with the address ${told[0]![0]} get no place: ${fromSqlError(error).message}`),
              ),
            ),
      ),
    )

  return LocationQueue.of({
    waiting: sql<{ waiting: number }>`
      select count(*)::float8 as waiting from ip_locations where status = 'pending'`.pipe(
      Effect.map((rows) => rows[0]!.waiting),
      Effect.mapError(fromSqlError),
      answered,
      patiently,
    ),

    claim: Effect.fn("LocationQueue.claim")(
      function* (limit: number) {
        const claimed = yield* sql<{ address: string }>`
          update ip_locations set claimed_until = clock_timestamp() + interval '5 minutes'
          where address in (
            select address from ip_locations
            where status = 'pending' and (claimed_until is null or claimed_until < clock_timestamp())
            order by address limit ${limit} for update skip locked
          )
          returning address`
        return claimed.map(({ address }) => address)
      },
      Effect.mapError(fromSqlError),
      answered,
      patiently,
    ),

    answer: Effect.fn("LocationQueue.answer")(
      function* (provider: string, answers: Answers) {
        const told: Array<Told> = []
        const untold: Array<string> = []
        for (const [address, answer] of answers) {
          if (answer._tag === "NotNow") untold.push(address)
          else told.push([address, answer])
        }
        if (told.length > 0) yield* writeAcceptable(provider, told)
        if (untold.length > 0) yield* answered(release(untold))
      },
      Effect.mapError(toDatabaseError),
      patiently,
    ),

    release: Effect.fn("LocationQueue.release")(
      release,
      (effect) => repeatConflicts(effect),
      Effect.mapError(fromSqlError),
      answered,
      patiently,
    ),
  })
})

export const layer = Layer.effect(LocationQueue, make)
