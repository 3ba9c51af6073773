// Commits small files together: their users, rejects and bad values, their addresses' queue, and that they are loaded.

import { Data, Effect, Option } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { badValuesOf } from "../../domain/BadValue.ts"
import { toDatabaseError } from "../../domain/DatabaseError.ts"
import { withRemembered } from "../../domain/rows/RowPlaces.ts"
import { RowSet } from "../../domain/rows/RowSet.ts"
import { rowsByFile } from "../../domain/rows/rowsByFile.ts"
import { inFile } from "../../repo/inFile.ts"
import { makePatience } from "../../repo/patience.ts"
import type { FilesOutcome, ShareLocations, SmallFiles, WholeFile } from "../../repo/RunRepo.ts"
import type { UserRepo } from "../../repo/UserRepo.ts"
import { userShare } from "../../repo/userShare.ts"
import { smallIntegers } from "../arrays.ts"
import { CommitTry, type FileGains } from "../commitTry.ts"
import { isIncomplete } from "../incomplete.ts"
import { makeQueueAddresses } from "../locations/queueAddresses.ts"
import { Parameters } from "../Parameters.ts"
import { repeatConflicts } from "../transaction.ts"
import type { ColumnArrays } from "../users/ColumnArrays.ts"
import { preferIndexes } from "../users/preferIndexes.ts"
import { isRefusal } from "../users/refusals.ts"
import { maxRows, upsertOf } from "../users/upsertOf.ts"
import type { StatementWriter } from "./StatementWriter.ts"
import {
  areAhead,
  countsByFile,
  filesTable,
  inOrder,
  type KnownFile,
  type LoadedFile,
  makeCountsIfLoaded,
  markLoaded,
} from "./wholeFiles.ts"
import { type FileBadValue, insertBadValues, makeWriteBadValues, portionsOfBadValues } from "./writeBadValues.ts"
import { type FileReject, insertRejects, makeWriteRejects, portionsOfRejects } from "./writeRejects.ts"

/** A file is no longer as it was taken. */
class Moved extends Data.TaggedError("Moved") {}

/** What is written. */
interface KnownFiles {
  readonly runId: number
  readonly files: ReadonlyArray<KnownFile>
  readonly users: RowSet
  readonly rejects: ReadonlyArray<FileReject>
  readonly badValues: ReadonlyArray<FileBadValue>
}

const knownFiles = (files: ReadonlyArray<WholeFile>, users: RowSet): KnownFiles => {
  const rows = rowsByFile(users)
  const winners = rowsByFile(users.versions)
  const badValues: Array<FileBadValue> = []
  const known = files.map((file): KnownFile => {
    const numbers = rows.get(file.fileId) ?? []
    const own = badValuesOf(new RowSet(users.rows, Int32Array.from(numbers)), [])
    badValues.push(...inFile(file, own))
    const count = winners.get(file.fileId)?.length ?? 0
    const rejected = file.rejects.length
    return {
      ...file,
      winners: count,
      read: numbers.length + rejected,
      duplicate: numbers.length - count,
      rejected,
      blanked: own.length,
    }
  })
  const rejects = files.flatMap((file) => inFile(file, file.rejects))
  return { runId: files[0]!.runId, files: known, users, rejects, badValues }
}

/**
 * The statement that commits files as a whole, and returns a row of `markLoaded` for each. It fails with the SQLSTATE
 * `incomplete`, and leaves nothing, where a file is missing, or a winner is not accounted for. `mayBeStored`: see
 * `upsertOf`.
 */
const statementOf = (
  arrays: ColumnArrays,
  { badValues, files, rejects, runId, users }: KnownFiles,
  places: ShareLocations["places"],
  mayBeStored: ReadonlyArray<number> | undefined,
) => {
  const parameters = new Parameters()
  const tables = [
    filesTable(parameters, files),
    `ahead as materialized (select ${areAhead} as is_ahead)`,
    upsertOf(parameters, arrays, users.versions, places, {
      isAhead: "(select is_ahead from ahead)",
      isGuarded: false,
      mayBeStored,
    }),
    countsByFile,
    `loaded as (${markLoaded(`${parameters.add(runId)}::bigint`)})`,
    ...(rejects.length === 0 ? [] : [`rejected as (${insertRejects(parameters, runId, rejects)})`]),
    ...(badValues.length === 0 ? [] : [`blank as (${insertBadValues(parameters, runId, badValues)})`]),
    `complete as materialized (
      select etl_require(inserted + updated + unchanged + stale = ${parameters.add(users.versions.numbers.length)}::integer
        and (select count(*) from loaded) = ${parameters.add(files.length)}::integer) as "isComplete" from outcome
    )`,
  ]
  const text = `with ${tables.join(", ")} select loaded.* from complete left join loaded on "isComplete"`
  return { text, parameters: parameters.values }
}

/** The table `gained`, where the upsert is a statement before. */
const gainedTable = (parameters: Parameters, gained: ReadonlyArray<FileGains>): string => {
  const arrays = (["file_id", "inserted", "updated", "stale"] as const).map(
    (name) => `${parameters.add(smallIntegers(gained.map((gains) => gains[name])))}::integer[]`,
  )
  return `gained as (
    select file_id, sum(inserted)::integer as inserted, sum(updated)::integer as updated, sum(stale)::integer as stale
    from unnest(${arrays.join(", ")}) as g (file_id, inserted, updated, stale) group by file_id
  )`
}

const nothingRemembered: Pick<FilesOutcome, "remembered" | "answered"> = {
  remembered: { located: 0, unlocatable: {} },
  answered: new Map(),
}

/** `upsert`: the one of `PgUserRepo`. */
export const makeCommitFiles = (sql: SqlClient, writer: StatementWriter | undefined) => {
  const transaction = sql.withTransaction
  const patiently = makePatience()
  const queueAddresses = makeQueueAddresses(sql)
  const writeBadValues = makeWriteBadValues(sql)
  const writeRejects = makeWriteRejects(sql)
  const countsIfLoaded = makeCountsIfLoaded(sql)

  /** By one statement; undefined: it takes a transaction. */
  const byStatement = (known: KnownFiles, { places, queue }: ShareLocations) => {
    const { badValues, files, rejects, users } = known
    if (writer === undefined || queue.length > 0 || users.versions.numbers.length > maxRows) return undefined
    if (portionsOfRejects(rejects).length > 1 || portionsOfBadValues(badValues).length > 1) return undefined
    const written = writer.execute(users.versions, (mayBeStored) =>
      statementOf(writer.arrays, known, places, mayBeStored),
    )
    return Effect.map(written, (loaded): FilesOutcome => ({
      ...nothingRemembered,
      counts: inOrder(files, loaded as unknown as ReadonlyArray<LoadedFile>)!,
    }))
  }

  /** In a transaction. */
  const write = (
    { badValues, files, rejects, runId, users }: KnownFiles,
    locations: ShareLocations,
    upsert: UserRepo["Service"]["upsert"],
    commitTry: CommitTry & { readonly gained: Array<FileGains> },
  ) =>
    Effect.gen(function* () {
      const prepare = new Parameters()
      const [prepared] = yield* sql.unsafe<{ isAhead: boolean }>(
        `with ${filesTable(prepare, files)} select ${preferIndexes}, ${areAhead} as "isAhead"`,
        prepare.values,
      )
      const { answered, places, remembered } = yield* queueAddresses(runId, locations)
      const share = userShare(
        { users },
        { places: withRemembered(locations.places, places), isAhead: prepared!.isAhead },
      )
      yield* Effect.provideService(upsert(share), CommitTry, commitTry)
      const mark = new Parameters()
      const tables = [filesTable(mark, files), gainedTable(mark, commitTry.gained), countsByFile]
      const run = `${mark.add(runId)}::bigint`
      const loaded = yield* sql.unsafe<LoadedFile>(`with ${tables.join(", ")} ${markLoaded(run)}`, mark.values)
      const counts = inOrder(files, loaded)
      if (counts === undefined) return yield* new Moved()
      yield* writeRejects(runId, rejects)
      yield* writeBadValues(runId, badValues)
      return { counts, remembered, answered } satisfies FilesOutcome
    })

  return (upsert: UserRepo["Service"]["upsert"]): SmallFiles["commit"] =>
    Effect.fn("RunRepo.commitFiles")(function* (files, users, locations) {
      const known = knownFiles(files, users)
      let statement = byStatement(known, locations)
      /** The outcome of a transaction whose COMMIT may not have been answered. */
      let attempted: FilesOutcome | undefined

      const attemptInTransaction = Effect.suspend(() => {
        const commitTry = { isCareful: false, isRefused: false, gained: [] }
        return transaction(
          Effect.tap(write(known, locations, upsert, commitTry), (outcome) => Effect.sync(() => (attempted = outcome))),
        ).pipe(
          Effect.map(Option.some),
          Effect.catchIf(
            // A deferred constraint refuses a record at COMMIT.
            (error) => commitTry.isRefused || isRefusal(error),
            () => Effect.succeedNone,
          ),
        )
      })

      const attempt = Effect.suspend(() => {
        if (statement === undefined) return attemptInTransaction
        return statement.pipe(
          Effect.map(Option.some),
          Effect.catchIf(
            (error) => isRefusal(error) || isIncomplete(error),
            () => {
              statement = undefined
              return attemptInTransaction
            },
          ),
        )
      })

      return yield* attempt.pipe(
        Effect.catchIf(
          (error) => error instanceof Moved,
          () =>
            // An earlier attempt may be committed, and its answer lost.
            Effect.map(countsIfLoaded(files), (counts) =>
              counts === undefined
                ? Option.none<FilesOutcome>()
                : Option.some({ ...nothingRemembered, ...attempted, counts }),
            ),
        ),
        repeatConflicts,
        Effect.mapError(toDatabaseError),
        patiently,
      )
    })
}
