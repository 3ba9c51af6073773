// The queue of pending addresses in PostgreSQL: `ip_locations`.

import { Duration, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import type { Location } from "../../domain/Location.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { type Claims, LocationQueue, type Place, type StoredAnswers } from "../../repo/LocationQueue.ts"
import { patiently } from "../../repo/patience.ts"
import type { AddressPlace } from "../../repo/UserRepo.ts"
import { Locks } from "../locks.ts"
import * as Migrations from "../migrate.ts"
import { refuseInside } from "../transaction.ts"
import { placeColumns } from "./placeColumns.ts"
import { maxRuns } from "./queueAddresses.ts"
import { type Answered, type Keeping, makeWriteAnswers } from "./writeAnswers.ts"

/** How long the claims of a lost machine last: the server may not notice that its sessions have ended. */
const claimSeconds = 120
const renewEvery = "30 seconds"

/** The length of the column in `ip_locations`. Longer text, in an adopted table, is no address. */
const addressLength = 40

/** Addresses that one statement queues again. */
const pageSize = 20_000

/** Whether the process that claimed a row holds its lock. The embedded database has one process, and no locks. */
const isClaimerAlive = `exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = claimed_by
)`

const answeredOf = (answers: StoredAnswers): ReadonlyArray<Answered> =>
  [...answers].flatMap(([address, answer]) => (answer._tag === "NotNow" ? [] : [[address, answer] as const]))

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const locks = yield* Locks
  const writeAnswers = yield* makeWriteAnswers

  const write = <E, R>(keeping: Keeping, answered: ReadonlyArray<Answered>, place: Place<E, R>) =>
    answered.length === 0
      ? Effect.succeed([])
      : writeAnswers(keeping, answered, place).pipe(Effect.mapError(toDatabaseError), patiently)

  /** Whether a row of `ip_locations` belongs to the run, or to an earlier one of its source. */
  const isOwn = (runId: number) => sql`runs && array(
    select id from etl_runs where source = (select source from etl_runs where id = ${runId}) order by id desc limit ${maxRuns}
  )`

  const claims = Effect.gen(function* () {
    yield* refuseInside(sql)
    const name = `locator ${randomUUID()}`
    yield* locks.take(name)
    const key = yield* sql<{ key: bigint }>`select hashtextextended(${name}, 0) as key`.pipe(
      Effect.map((rows) => rows[0]!.key),
      Effect.mapError(fromSqlError),
      patiently,
    )
    const open = new Set<string>()
    /** Addresses that these claims had and that have no answer. */
    const unlocated = new Set<string>()

    const keep = Effect.suspend(
      () => sql`
        update ip_locations set claimed_until = clock_timestamp() + make_interval(secs => ${claimSeconds})
        where address = any(${texts([...open])}) and claimed_by = ${key}`,
    )
    const giveBack = (addresses: Iterable<string>) => sql`
        update ip_locations set claimed_by = null, claimed_until = null
        where address = any(${texts([...addresses])}) and claimed_by = ${key}`
    // A process that is killed skips this: its addresses are free when its lock is.
    yield* Effect.addFinalizer(() => giveBack(open).pipe(Effect.timeoutOption("5 seconds"), Effect.ignore))
    // Where one renewal fails, the next ones come before the claims expire.
    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(keep), renewEvery)))

    const close = Effect.fnUntraced(function* <E, R>(keeping: Keeping, answers: StoredAnswers, place: Place<E, R>) {
      const answered = answeredOf(answers)
      // An answered address that is still pending stays claimed: else it would be requested again, for the same answer.
      const waiting = new Set<string>(yield* write(keeping, answered, place))
      for (const [address] of answered) if (!waiting.has(address)) open.delete(address)
      const unanswered = [...answers].flatMap(([address, { _tag }]) => (_tag === "NotNow" ? [address] : []))
      if (unanswered.length === 0) return
      for (const address of unanswered) unlocated.add(address)
      yield* giveBack(unanswered).pipe(Effect.mapError(fromSqlError), patiently)
      for (const address of unanswered) open.delete(address)
    })

    return {
      take: Effect.fn("Claims.take")(
        function* (limit: number, atLeast: number) {
          // Claims of ours that are not in `open` come from a statement whose answer was lost.
          const taken = yield* sql.unsafe<{ address: string }>(
            `with free as materialized (
              select address from ip_locations
              where status = 'pending' and address not in (select unnest($6::text[])) and (claimed_by is null
                or claimed_by = $1 and address not in (select unnest($5::text[]))
                or claimed_by <> $1 and (claimed_until < clock_timestamp() or not ${isClaimerAlive}))
              order by address limit $2 for update skip locked
            )
            update ip_locations set claimed_by = $1, claimed_until = clock_timestamp() + make_interval(secs => $3)
            where address in (select address from free) and (select count(*) from free) >= $4
            returning address`,
            [key, limit, claimSeconds, atLeast, texts([...open]), texts([...unlocated])],
          )
          for (const { address } of taken) open.add(address)
          return taken.map(({ address }) => address)
        },
        Effect.mapError(fromSqlError),
        patiently,
      ),

      othersWait: Effect.fn("Claims.othersWait")(
        function* (runId: number | undefined) {
          const [row] = yield* sql<{ wait: boolean }>`
            select exists (
              select from ip_locations
              where status = 'pending' and claimed_by is distinct from ${key} and ${runId === undefined ? sql`true` : isOwn(runId)}
                and address not in (select unnest(${texts([...unlocated])}::text[]))
            ) as wait`
          return row!.wait
        },
        Effect.mapError(fromSqlError),
        patiently,
      ),

      answer: (provider, answers, place) =>
        close({ _tag: "Remember", provider }, answers, place).pipe(Effect.withSpan("Claims.answer")),
      settle: (answers, place) => close({ _tag: "Settle" }, answers, place).pipe(Effect.withSpan("Claims.settle")),
    } satisfies Claims
  })

  type Remembered = { readonly address: string } & { readonly [Field in keyof Location]: Location[Field] }

  return LocationQueue.of({
    waiting: sql<{ waiting: number }>`
      select count(*)::float8 as waiting from ip_locations where status = 'pending'`.pipe(
      Effect.map((rows) => rows[0]!.waiting),
      Effect.mapError(fromSqlError),
      patiently,
    ),
    waitingOf: Effect.fn("LocationQueue.waitingOf")(
      function* (runId: number) {
        const [row] = yield* sql<{ own: number; waiting: number }>`
          select count(*) filter (where ${isOwn(runId)})::float8 as own, count(*)::float8 as waiting
          from ip_locations where status = 'pending'`
        const { own, waiting } = row!
        return { own, others: waiting - own }
      },
      Effect.mapError(fromSqlError),
      patiently,
    ),
    claims,
    placeAtOnce: Effect.fn("LocationQueue.placeAtOnce")(function* <E, R>(
      places: ReadonlyMap<string, Location>,
      place: Place<E, R>,
    ) {
      yield* Effect.mapError(refuseInside(sql), toDatabaseError)
      const answered = Array.from(places, ([address, location]): Answered => [address, { _tag: "Located", location }])
      yield* write({ _tag: "Fill" }, answered, place)
    }),
    queue: Effect.fn("LocationQueue.queue")(
      function* (given: ReadonlyArray<string>) {
        yield* refuseInside(sql)
        const addresses = texts([...new Set(given)].filter((address) => address.length <= addressLength).sort())
        yield* sql`
          insert into ip_locations (address) select address from unnest(${addresses}) address order by address
          on conflict do nothing`
        const known = yield* sql.unsafe<Remembered>(
          `select address, ${placeColumns.join(", ")} from ip_locations where address = any($1) and latitude is not null`,
          [addresses],
        )
        return known.map(({ address, ...location }): AddressPlace => ({ address, location, replaces: false }))
      },
      Effect.mapError(toDatabaseError),
      patiently,
    ),
    queueOlderThan: Effect.fn("LocationQueue.queueOlderThan")(function* (age: Duration.Duration) {
      yield* refuseInside(sql)
      const seconds = Duration.toSeconds(age)
      const page = sql<{ count: number }>`
        with old as (
          select address from ip_locations
          where status <> 'pending' and located_at < now() - make_interval(secs => ${seconds})
          order by address limit ${pageSize} for update
        ), queued as (
          update ip_locations set status = 'pending' where address in (select address from old) returning 1
        )
        select count(*)::int as count from queued`.pipe(
        Effect.map((rows) => rows[0]!.count),
        Effect.mapError(fromSqlError),
        patiently,
      )
      yield* Effect.repeat(page, { until: (count) => count < pageSize })
    }),
  })
})

export const layer = Layer.effect(LocationQueue, make).pipe(Layer.provide([Migrations.layer, Locks.layer]))
