// The permits to send requests, in PostgreSQL: one row each, in `etl_permits`, by the database's clock.

import { Duration, Effect, Layer } from "effect"
import { fromSqlError } from "../../domain/DatabaseError.ts"
import { monotonicMillis } from "../../observability/monotonic.ts"
import { makeClient } from "../client.ts"
import * as Migrations from "../migrate.ts"
import { patiently } from "../../repo/patience.ts"
import { Permits, type Verdict } from "../../geo/quota/Permits.ts"
import { counts, holds, over } from "./etlPermits.ts"
import { outside, repeatConflicts } from "../transaction.ts"

/** Whether the service may have received a permit's request after it counted for the report of another permit. */
const unseen = (permit: string, report: string): string =>
  `${permit}.remaining is null and ${over(permit)} >= ${report}.granted_at`

/** $1: the provider, $2: the seconds of its window. Brings stamps from the future to the present, and deletes permits that no longer matter. */
const tidy = `
  with clock as materialized (select clock_timestamp() as now),
  restamped as (
    update etl_permits set
      granted_at = least(granted_at, now), answered_at = case when answered_at > now then now else answered_at end
    from clock where provider = $1 and greatest(granted_at, answered_at) > now
  )
  delete from etl_permits p using clock
  where p.provider = $1 and not (${counts("p", "make_interval(secs => $2)")}) and (${holds("p")}) is not true
    and (p.remaining is not null or not exists (
      select from etl_permits t where t.provider = $1 and ${holds("t")} and ${unseen("p", "t")}
    ))`

/** $1: the provider, $2: the seconds of its window, $3: the most permits that count, $4: seconds that a permit lasts. */
const grant = `
  with clock as materialized (select clock_timestamp() as now),
  counting as (
    select count(*) as permits, min(${over("p")}) + make_interval(secs => $2) as next_end
    from etl_permits p, clock where p.provider = $1 and ${counts("p", "make_interval(secs => $2)")}
  ),
  -- Few, however many requests a key allows: most answers report what remains.
  silent as materialized (
    select * from etl_permits where provider = $1 and remaining is null
  ),
  exhausted as (
    select max(t.answered_at + t.resets_in) as reset
    from etl_permits t, clock
    where t.provider = $1 and ${holds("t")} and t.remaining <= (select count(*) from silent p where ${unseen("p", "t")})
  ),
  verdict as (
    select greatest(case when permits >= $3::float8 then next_end end, reset) as free_at from counting, exhausted
  ),
  granted as (
    insert into etl_permits (provider, granted_at, lasts)
    select $1, now, make_interval(secs => $4) from verdict, clock where free_at is null
    returning id
  )
  select (select id::float8 from granted) as id, (extract(epoch from free_at - now) * 1000)::float8 as millis
  from verdict, clock`

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction

  return Permits.of({
    acquire: Effect.fn("Permits.acquire")(
      function* (provider, { lasts, limit, window }) {
        // Each statement sees what was committed when it started: every permit granted before the lock was taken.
        yield* sql`select pg_advisory_xact_lock(hashtextextended(${`etl_permits ${provider}`}, 0))`
        yield* sql.unsafe(tidy, [provider, Duration.toSeconds(window)])
        const since = yield* monotonicMillis
        const [row] = yield* sql.unsafe<{ id: number | null; millis: number | null }>(grant, [
          provider,
          Duration.toSeconds(window),
          limit,
          Duration.toSeconds(lasts),
        ])
        const { id, millis } = row!
        return id === null
          ? ({ _tag: "Wait", millis: millis! } satisfies Verdict)
          : ({ _tag: "Granted", id, since } satisfies Verdict)
      },
      (effect) => repeatConflicts(transaction(effect)),
      Effect.mapError(fromSqlError),
      patiently,
      outside(sql),
    ),

    answered: Effect.fn("Permits.answered")(
      function* (id, allowance) {
        const seconds = allowance === undefined ? null : allowance.resetsInMillis / 1_000
        yield* sql`
          update etl_permits set
            answered_at = clock_timestamp(), remaining = ${allowance?.remaining ?? null}::integer,
            resets_in = make_interval(secs => ${seconds}::float8)
          where id = ${id} and answered_at is null`
      },
      (effect) => repeatConflicts(effect),
      Effect.mapError(fromSqlError),
      patiently,
      outside(sql),
    ),

    giveBack: Effect.fn("Permits.giveBack")(
      function* (id) {
        yield* sql`delete from etl_permits where id = ${id} and answered_at is null`
      },
      (effect) => repeatConflicts(effect),
      Effect.mapError(fromSqlError),
      patiently,
      outside(sql),
    ),
  })
})

export const layer = Layer.effect(Permits, make).pipe(Layer.provide(Migrations.layer))
