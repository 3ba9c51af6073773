// The queue of pending addresses in PostgreSQL: `ip_locations`.

import { Duration, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { type DatabaseError, fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import type { Location } from "../../domain/Location.ts"
import { texts } from "../arrays.ts"
import { makeClient } from "../client.ts"
import { type Claims, LocationQueue, type StoredAnswers } from "../../repo/LocationQueue.ts"
import { patiently } from "../../repo/patience.ts"
import { makeLocks } from "../locks.ts"
import { type Keeping, makePlaces, type Answered } from "./places.ts"
import { placeColumns } from "./placeColumns.ts"

/** How long the claims of a lost machine last: the server may not notice that its sessions have ended. */
const claimSeconds = 120
const renewEvery = "30 seconds"

/** The length of the column in `ip_locations`. Longer text, in an adopted table, is no address. */
const addressLength = 40

/** Addresses that one statement queues. */
const pageSize = 20_000

/** Whether the process that claimed a row holds its lock. The embedded database has one process, and no locks. */
const isClaimerAlive = `exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = claimed_by
)`

/** Of one source only the latest runs are kept with an address. */
const maxRuns = 32

const answeredOf = (answers: StoredAnswers): ReadonlyArray<Answered> =>
  [...answers].flatMap(([address, answer]) => (answer._tag === "NotNow" ? [] : [[address, answer] as const]))

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const lock = yield* makeLocks
  const writePlaces = yield* makePlaces

  const write = (keeping: Keeping, answered: ReadonlyArray<Answered>) =>
    answered.length === 0
      ? Effect.succeed([])
      : writePlaces(keeping, answered).pipe(Effect.mapError(toDatabaseError), patiently)

  /** Whether a row of `ip_locations` belongs to the run, or to an earlier one of its source. */
  const isOwn = (runId: number) => sql`runs && array(
    select id from etl_runs where source = (select source from etl_runs where id = ${runId}) order by id desc limit ${maxRuns}
  )`

  const claims = Effect.gen(function* () {
    const name = `locator ${randomUUID()}`
    yield* lock(name)
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

    const close = Effect.fnUntraced(function* (keeping: Keeping, answers: StoredAnswers) {
      const answered = answeredOf(answers)
      // An answered address that is still pending stays claimed: else it would be requested again, for the same answer.
      const waiting = new Set(yield* write(keeping, answered))
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

      answer: Effect.fn("Claims.answer")((provider: string, answers: StoredAnswers) =>
        close({ _tag: "Remember", provider }, answers),
      ),
      settle: Effect.fn("Claims.settle")((answers: StoredAnswers) => close({ _tag: "Settle" }, answers)),
    } satisfies Claims
  })

  /** Runs `page` for one page of addresses after another, in their order. */
  const pages = Effect.fnUntraced(function* (page: (after: string) => Effect.Effect<string | null, DatabaseError>) {
    for (let after: string | null = ""; after !== null;) after = yield* page(after)
  })

  const queuePage = Effect.fnUntraced(
    function* (after: string) {
      const [page] = yield* sql<{ last: string | null }>`
        with page as materialized (
          select distinct ip_address as address from users
          where latitude is null and ip_address > ${after} and length(ip_address) <= ${addressLength} order by ip_address limit ${pageSize}
        ), queued as (
          insert into ip_locations (address) select address from page order by address on conflict do nothing
        )
        select max(address) as last from page`
      return page!.last
    },
    Effect.mapError(fromSqlError),
    patiently,
  )

  type Remembered = { readonly address: string } & { readonly [Field in keyof Location]: Location[Field] }

  /** Writes the known places of users that were loaded without a locator. */
  const fillPage = Effect.fnUntraced(function* (after: string) {
    const page = yield* sql
      .unsafe<Remembered>(
        `select l.address, ${placeColumns.map((column) => `l.${column}`).join(", ")}
        from ip_locations l
        where l.latitude is not null and l.address > $1
          and exists (select from users u where u.ip_address = l.address and u.latitude is null)
        order by l.address limit $2`,
        [after, pageSize],
      )
      .pipe(Effect.mapError(fromSqlError), patiently)
    yield* write(
      { _tag: "Fill" },
      page.map(({ address, ...location }) => [address, { _tag: "Located", location }] as const),
    )
    return page.at(-1)?.address ?? null
  })

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
    queueUnplaced: Effect.andThen(pages(fillPage), pages(queuePage)).pipe(
      Effect.withSpan("LocationQueue.queueUnplaced"),
    ),
    queueOlderThan: Effect.fn("LocationQueue.queueOlderThan")(function* (age: Duration.Duration) {
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

export const layer = Layer.effect(LocationQueue, make)
