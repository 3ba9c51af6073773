// Users in PostgreSQL: one statement writes a share, another the places of addresses.

import { Effect, Layer, Option, Stream } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { UserRecord } from "../../domain/UserRecord.ts"
import { type LastVersions, sliceOf } from "../../domain/rows/LastVersions.ts"
import type { RowPlaces } from "../../domain/rows/RowPlaces.ts"
import { RowSet } from "../../domain/rows/RowSet.ts"
import { rowPosition } from "../../domain/rows/rowValues.ts"
import { DatabaseError, fromSqlError, toDatabaseError } from "../../domain/DatabaseError.ts"
import { type UpsertOutcome, type UserShare, UserRepo } from "../../repo/UserRepo.ts"
import { makePatience } from "../../repo/patience.ts"
import { rowPlacesOf, versionsOf } from "../../repo/userShare.ts"
import { makeClient, writers } from "../client.ts"
import { CommitTry, type FileGains } from "../commitTry.ts"
import * as Migrations from "../migrate.ts"
import { Parameters } from "../Parameters.ts"
import { isInTransaction, makeRepeat } from "../transaction.ts"
import { addOwnUpsert } from "./ownUpserts.ts"
import { makePlaceUsers } from "./placeUsers.ts"
import { preferIndexes } from "./preferIndexes.ts"
import { addUsers, isNotWritten, isRefusal, noUsers, NotWritten, type UserCounts, writeAcceptable } from "./refusals.ts"
import { maxRows, upsertOf } from "./upsertOf.ts"
import { readWidths } from "./readWidths.ts"
import { arraysOfClient } from "./userArrays.ts"

/** Whether parts of the share may be written: one is refused, or another transaction has inserted the same e-mail. */
const needsCare = (error: unknown): boolean => isRefusal(error) || isNotWritten(error)

/** The commit tries again with care, and does not report it. */
const notAllWritten = new DatabaseError({
  operation: "query",
  message: "PostgreSQL did not write all rows.",
  retryable: false,
})

/** What the statement returns. */
interface Outcome extends UserCounts {
  readonly missing?: ReadonlyArray<number>
  readonly gains?: ReadonlyArray<FileGains> | null
}

/** A share's places, by row or by address, and whether it is ahead. */
interface Placed extends Pick<UserShare, "isAhead"> {
  readonly places: RowPlaces
}

const placedOf = (share: UserShare): Placed => ({ isAhead: share.isAhead, places: rowPlacesOf(share) })

/** Users without a place that one statement reads, at most. */
const pageSize = 100_000

/** An adopted table may have any number as `id`. */
const leastId = String(-(2n ** 63n))

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const repeat = makeRepeat(sql)
  const patiently = makePatience()
  const arrays = yield* arraysOfClient

  const writeRows = Effect.fnUntraced(function* (
    versions: LastVersions,
    { isAhead, places }: Placed,
    isGuarded: boolean,
    gained?: CommitTry["gained"],
  ): Effect.fn.Return<UserCounts, SqlError | NotWritten> {
    const { numbers, rows } = versions
    const parameters = new Parameters()
    const ahead = `${parameters.add(isAhead)}::boolean`
    const tables = upsertOf(parameters, arrays, versions, places, { isAhead: ahead, isGuarded })
    const byFile = gained === undefined ? "" : ", (select json_agg(g) from gained g) as gains"
    const [outcome] = yield* sql.unsafe<Outcome>(`with ${tables} select *${byFile} from outcome`, parameters.values)
    const { gains, missing = [], ...counts } = outcome!
    if (gains) gained?.push(...gains)
    const { inserted, stale, unchanged, updated } = counts
    if (inserted + updated + unchanged + stale === numbers.length) return counts
    return yield* new NotWritten({ missing: missing.map((number) => rowPosition(rows, numbers[number - 1]!)) })
  })

  /** Writes all of the versions, or fails. */
  const writeWinners = Effect.fnUntraced(function* (
    versions: LastVersions,
    placed: Placed,
    isGuarded: boolean,
    gained?: CommitTry["gained"],
  ): Effect.fn.Return<UpsertOutcome, SqlError | NotWritten> {
    let counts = noUsers
    for (let start = 0; start < versions.numbers.length; start += maxRows) {
      const rows = sliceOf(versions, start, start + maxRows)
      counts = addUsers(counts, yield* writeRows(rows, placed, isGuarded, gained))
    }
    return counts
  })

  /** Writes parts of a share, each in a savepoint. A user whose place cannot be stored is written without it. */
  const writeParts = Effect.fnUntraced(function* (share: UserShare) {
    // Otherwise a deferred constraint refuses the whole share at COMMIT.
    yield* sql`set constraints all immediate`
    const write = (records: ReadonlyArray<UserRecord>, byAddress: UserShare["places"]) =>
      transaction(writeWinners(RowSet.of(records).versions, { isAhead: share.isAhead, places: { byAddress } }, true))
    const { places } = share
    const { counts, refused } = yield* writeAcceptable(share.records, (records) =>
      records.length > 1
        ? write(records, places)
        : Effect.catchIf(write(records, places), isRefusal, () => write(records, new Map())),
    )
    return { ...counts, refused } satisfies UpsertOutcome
  })

  const apart = <E>(write: Effect.Effect<UpsertOutcome, E>) =>
    transaction(Effect.andThen(sql.unsafe(`select ${preferIndexes}`), write))

  /** Writes a share in a transaction or savepoint of its own, as often as it takes. */
  const writeApart = (share: UserShare, versions: LastVersions) =>
    apart(writeWinners(versions, placedOf(share), false)).pipe(
      Effect.catchIf(needsCare, () => apart(writeParts(share))),
      Effect.mapError((error) => (isNotWritten(error) ? notAllWritten : error)),
    )

  const upsert = Effect.fn("UserRepo.upsert")(function* (share: UserShare) {
    const versions = versionsOf(share)
    yield* Effect.annotateCurrentSpan("etl.users", versions.numbers.length)
    const commit = yield* CommitTry
    // The commit may be of another client.
    if (commit === undefined || !(yield* isInTransaction(sql))) return yield* repeat(writeApart(share, versions))
    const write = commit.isCareful
      ? writeParts(share)
      : Effect.tapError(writeWinners(versions, placedOf(share), false, commit.gained), (error) =>
          Effect.sync(() => (commit.isRefused ||= needsCare(error))),
        )
    return yield* Effect.mapError(write, (error) => (isNotWritten(error) ? notAllWritten : toDatabaseError(error)))
  })
  addOwnUpsert(upsert, sql)

  return UserRepo.of({
    connections: yield* writers,
    widths: repeat(readWidths(sql)).pipe(Effect.withSpan("UserRepo.widths")),

    upsert,
    place: yield* makePlaceUsers,

    // In the order of the table: to place users all over it writes many times as many pages.
    unplaced: Stream.paginate(leastId, (after: string) =>
      sql<{ id: string; address: string }>`
        select id::text as id, ip_address as address from users
        where latitude is null and ip_address <> '' and id > ${after}::bigint order by users.id limit ${pageSize}`.pipe(
        Effect.map((rows) => {
          const addresses = [...new Set(rows.map(({ address }) => address))]
          return [[addresses], Option.fromUndefinedOr(rows.at(-1)?.id)] as const
        }),
        Effect.mapError(fromSqlError),
        patiently,
      ),
    ),
  })
})

export const layer = Layer.effect(UserRepo, make).pipe(Layer.provide(Migrations.layer))
