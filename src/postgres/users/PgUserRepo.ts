// Users in PostgreSQL: a share's users, rejects, queued addresses and checkpoints commit in one transaction.

import { Data, Duration, Effect, Layer } from "effect"
import { SqlError } from "effect/sql/SqlError"
import { type UserRecord, type Winner, winners } from "../../domain/Chunk.ts"
import { Database } from "../../domain/Database.ts"
import { toDatabaseError } from "../../domain/DatabaseError.ts"
import * as Footprint from "../../domain/footprint.ts"
import { laneCount, type Share } from "../../domain/Lane.ts"
import type { AnswerTally } from "../../domain/Location.ts"
import type { Reject } from "../../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../../domain/RunSummary.ts"
import { bytes, integers, texts } from "../arrays.ts"
import { makeCheckpoints } from "./checkpoints.ts"
import { isEmbedded, makeClient } from "../client.ts"
import { makeMigrate } from "../migrate.ts"
import { FileTakenError } from "../../repo/FileTakenError.ts"
import { makePatience } from "../../repo/patience.ts"
import { placeArrays } from "../locations/placeColumns.ts"
import { isNotWritten, isRefusal, NotWritten, writeAcceptable, type WriteOutcome } from "./refusals.ts"
import { makeTransaction, repeatConflicts } from "../transaction.ts"
import { upsertUsers } from "./upsertUsers.ts"
import { userArrays } from "./userArrays.ts"
import { type LoadRef, type PartRef, type ShareLocations, type ShareOutcome, UserRepo } from "../../repo/UserRepo.ts"

/** The checkpoints are not at the share's start. */
class Moved extends Data.TaggedError("Moved") {}

/** Another transaction may have inserted the same e-mail. */
const isUniqueViolation = (error: unknown): boolean =>
  error instanceof SqlError && error.reason._tag === "UniqueViolation"

type WriteUsers<E> = (ref: PartRef, share: Share, locations: ShareLocations) => Effect.Effect<WriteOutcome, E>

type UserCounts = Pick<RecordCounts, "inserted" | "updated" | "unchanged" | "stale">

const nothingRemembered: AnswerTally = { located: 0, unlocatable: {} }

/** Rows that are settled between two statements are queued again. A trigger may keep them out every time. */
const maxQueueTries = 20

/** Runs that are kept with a pending address, so that its row stays small: the earliest goes first. */
const maxRuns = 32

/** Rows, and bytes of rejects, in one statement: its arrays are copied several times before they are sent. */
const maxRows = 5_000
const maxBytes = 1024 * 1024

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)
  const checkpoints = makeCheckpoints(sql)
  const patiently = makePatience()

  /** Queues the addresses without an answer for the run, and counts the answers of the others. */
  const queueAddresses = Effect.fnUntraced(function* (runId: number, { queue, maxAge }: ShareLocations) {
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
      const locked = yield* sql<{ status: string; reason: string | null; isForeign: boolean; count: number }>`
        select status, reason, "isForeign", count(*)::int as count
        from (
          select status, reason, status = 'pending' and (runs @> ${run}) is not true as "isForeign" from ip_locations
          where address = any(${addresses}) order by address for key share
        ) locked
        group by status, reason, "isForeign"`
      if (locked.some(({ isForeign }) => isForeign)) {
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
        "Addresses are not queued, and their users get no place: a trigger or policy of ip_locations keeps them out. Change it, then run: etl locate",
      )
    }
    const unlocatable: Record<string, number> = {}
    for (const { status, reason, count } of states)
      if (status === "unlocatable") unlocatable[reason ?? "unknown"] = count
    return { located: states.find(({ status }) => status === "located")?.count ?? 0, unlocatable }
  })

  const writeRows = Effect.fnUntraced(function* (
    { fileId, part }: PartRef,
    rows: ReadonlyArray<Winner>,
    { known, queue }: ShareLocations,
    isGuarded: boolean,
  ): Effect.fn.Return<UserCounts, SqlError | NotWritten> {
    const hasPlaces = known.size > 0
    const hasEarlierParts = part > 0
    const statement = upsertUsers({ hasEarlierParts, hasPlaces, remembers: queue.length > 0, isGuarded })
    const [outcome] = yield* sql.unsafe<UserCounts & { readonly missing?: ReadonlyArray<number> }>(statement, [
      fileId,
      ...userArrays(rows),
      ...(hasPlaces
        ? placeArrays(rows.map(({ user }) => (user.ip_address === null ? undefined : known.get(user.ip_address))))
        : []),
      ...(hasEarlierParts ? [part] : []),
    ])
    const { missing = [], ...counts } = outcome!
    const { inserted, updated, unchanged, stale } = counts
    if (inserted + updated + unchanged + stale !== rows.length) {
      return yield* new NotWritten({ missing: new Set(missing) })
    }
    return counts
  })

  /** Writes the winners of `read` records: all of them, or it fails. */
  const writeWinners = Effect.fnUntraced(function* (
    ref: PartRef,
    read: number,
    rows: ReadonlyArray<Winner>,
    locations: ShareLocations,
    isGuarded: boolean,
  ) {
    let total: RecordCounts = { ...noRecords, read, duplicate: read - rows.length }
    for (let start = 0; start < rows.length; start += maxRows) {
      const counts = yield* writeRows(ref, rows.slice(start, start + maxRows), locations, isGuarded)
      total = addCounts(total, { ...noRecords, ...counts })
    }
    return total
  })

  const writeAll =
    (isGuarded: boolean): WriteUsers<SqlError | NotWritten> =>
    (ref, share, locations) =>
      Effect.map(writeWinners(ref, share.users.length, share.winners, locations, isGuarded), (counts) => ({
        counts,
        refused: [],
      }))

  /** Writes parts of a share, each in a savepoint. A user whose place cannot be stored is written without it. */
  const writeParts = Effect.fnUntraced(function* (ref: PartRef, share: Share, locations: ShareLocations) {
    // Otherwise a deferred constraint refuses the whole share at COMMIT.
    yield* sql`set constraints all immediate`
    const write = (records: ReadonlyArray<UserRecord>, locations: ShareLocations) =>
      transaction(writeWinners(ref, records.length, winners(records), locations, true))
    return yield* writeAcceptable(share.users, (records) =>
      records.length > 1
        ? write(records, locations)
        : Effect.catchIf(write(records, locations), isRefusal, () => write(records, { known: new Map(), queue: [] })),
    )
  })

  const insertRejects = (load: LoadRef, rejects: ReadonlyArray<Reject>) => sql`
    insert into etl_rejects (file_id, run_id, byte_offset, line, length, raw, reasons)
    select ${load.fileId}, ${load.runId}, byte_offset, line, length, raw, reasons::jsonb
    from unnest(
      ${integers(rejects.map(({ byteOffset }) => byteOffset))}, ${integers(rejects.map(({ line }) => line))},
      ${integers(rejects.map(({ length }) => length))}, ${bytes(rejects.map(({ raw }) => raw))},
      ${texts(rejects.map(({ reasons }) => JSON.stringify(reasons)))}
    ) as t (byte_offset, line, length, raw, reasons)`

  const writeRejects = Effect.fnUntraced(function* (load: LoadRef, rejects: ReadonlyArray<Reject>) {
    let start = 0
    let held = 0
    for (const [index, reject] of rejects.entries()) {
      held += Footprint.ofReject(reject)
      if (held < maxBytes && index + 1 < rejects.length) continue
      yield* insertRejects(load, rejects.slice(start, index + 1))
      start = index + 1
      held = 0
    }
  })

  // A table that grows during the load has no statistics yet: the planner would read all of it for each chunk. And it
  // would plan again for each, which takes longer than writing a hundred rows.
  const preferIndexes = sql`
    select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
      set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)`

  return UserRepo.of({
    name: (yield* Database).name,
    connections: (yield* isEmbedded) ? 1 : laneCount,
    migrate: yield* makeMigrate,

    upsert: Effect.fn("UserRepo.upsert")(function* (part, share, locations) {
      yield* Effect.annotateCurrentSpan("etl.users", share.winners.length)
      let attempted: ShareOutcome | undefined
      const attempt = <E>(writeUsers: WriteUsers<E>) =>
        Effect.gen(function* () {
          yield* preferIndexes
          const remembered =
            locations.queue.length > 0 ? yield* queueAddresses(part.runId, locations) : nothingRemembered
          const { counts, refused } = yield* writeUsers(part, share, locations)
          const { length } = share.rejects
          const outcome = {
            counts: addCounts(counts, { ...noRecords, read: length, rejected: length }),
            refused,
            remembered,
          }
          if (!(yield* checkpoints.move(part, share, outcome.counts))) return yield* new Moved()
          const rejects = [...share.rejects, ...refused]
          yield* writeRejects(part, rejects)
          attempted = outcome
          return outcome
        }).pipe(transaction)
      return yield* attempt(writeAll(false)).pipe(
        Effect.catchIf(isUniqueViolation, () => attempt(writeAll(true))),
        Effect.catchIf(
          (error) => isRefusal(error) || isNotWritten(error),
          () => attempt(writeParts),
        ),
        Effect.catchTag(
          "Moved",
          Effect.fnUntraced(function* () {
            // An earlier COMMIT succeeded, and its answer was lost.
            if (attempted !== undefined && (yield* checkpoints.isCommitted(part, share))) return attempted
            return yield* FileTakenError.of(part.fileId)
          }),
        ),
        (effect) => repeatConflicts(effect),
        Effect.mapError(toDatabaseError),
        patiently,
      )
    }),
  })
})

export const layer = Layer.effect(UserRepo, make)
