// Commits a share of a chunk as a whole: its users, rejects and bad values, its addresses' queue, its checkpoints.

import { Data, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { toDatabaseError } from "../../domain/DatabaseError.ts"
import { withRemembered } from "../../domain/rows/RowPlaces.ts"
import type { Share } from "../../domain/Lane.ts"
import { fileTaken } from "../../repo/FileTakenError.ts"
import { inFile } from "../../repo/inFile.ts"
import { makePatience } from "../../repo/patience.ts"
import type { PartRef, RunRepo, ShareLocations, ShareOutcome } from "../../repo/RunRepo.ts"
import { shareOutcome } from "../../repo/shareOutcome.ts"
import { objectShare, userShare } from "../../repo/userShare.ts"
import type { UpsertOutcome, UserShare } from "../../repo/UserRepo.ts"
import { CommitTry } from "../commitTry.ts"
import { isIncomplete } from "../incomplete.ts"
import { makeQueueAddresses } from "../locations/queueAddresses.ts"
import { isInTransaction, repeatConflicts } from "../transaction.ts"
import { isOwnUpsert } from "../users/ownUpserts.ts"
import { preferIndexes } from "../users/preferIndexes.ts"
import { isRefusal } from "../users/refusals.ts"
import { isAnswered } from "../writerConnections.ts"
import { makeCheckpoints } from "./checkpoints.ts"
import { makeCommitStatement } from "./commitStatement.ts"
import { isAhead } from "./isAhead.ts"
import type { StatementWriter } from "./StatementWriter.ts"
import { makeWriteBadValues } from "./writeBadValues.ts"
import { makeWriteRejects } from "./writeRejects.ts"

/** The checkpoints are not at the share's start. */
class Moved extends Data.TaggedError("Moved") {}

/** Prepares the transaction. Parameters: the file, the part. */
const prepare = `select ${preferIndexes}, ${isAhead("$1", "$2")} as "isAhead"`

const nothingRemembered: ShareOutcome["remembered"] = { located: 0, unlocatable: {} }

export const makeCommit = (sql: SqlClient, writer: StatementWriter | undefined) => {
  const transaction = sql.withTransaction
  const patiently = makePatience()
  const checkpoints = makeCheckpoints(sql)
  const queueAddresses = makeQueueAddresses(sql)
  const writeBadValues = makeWriteBadValues(sql)
  const writeRejects = makeWriteRejects(sql)
  const commitStatement = makeCommitStatement(sql, writer)

  const commit: RunRepo["Service"]["commit"] = Effect.fn("RunRepo.commit")(function* <E, R>(
    part: PartRef,
    share: Share,
    locations: ShareLocations,
    write: (users: UserShare) => Effect.Effect<UpsertOutcome, E, R>,
  ) {
    const makeShare = isOwnUpsert(write, sql) ? userShare : objectShare
    let attempted: ShareOutcome | undefined
    let mayBeCommitted = false
    let statement = (yield* isInTransaction(sql)) ? undefined : commitStatement(part, share, locations, write)

    const attempt = (commitTry: CommitTry) =>
      Effect.gen(function* () {
        const [prepared] = yield* sql.unsafe<{ isAhead: boolean }>(prepare, [part.fileId, part.part])
        const { places, remembered } = yield* queueAddresses(part.runId, locations)
        const written = yield* write(
          makeShare(share, {
            places: withRemembered(locations.places, places),
            isAhead: prepared!.isAhead,
          }),
        ).pipe(Effect.provideService(CommitTry, commitTry))
        const { badValues, counts, refused } = shareOutcome(share, written)
        if (!(yield* checkpoints.move(part, share, counts))) return yield* new Moved()
        yield* writeRejects(part.runId, inFile(part, [...share.rejects, ...refused]))
        yield* writeBadValues(part.runId, inFile(part, badValues))
        attempted = { counts, refused, remembered }
        return attempted
      }).pipe(transaction)

    const attemptCarefully = Effect.suspend(() => attempt({ isCareful: true, isRefused: false }))

    const attemptInTransaction = Effect.suspend(() => {
      const first: CommitTry = { isCareful: false, isRefused: false }
      return Effect.catchIf(
        attempt(first),
        // A deferred constraint refuses a record at COMMIT.
        (error) => first.isRefused || isRefusal(error),
        () => attemptCarefully,
      )
    })

    const attemptOnce = Effect.suspend(() => {
      if (statement === undefined) return attemptInTransaction
      return statement.pipe(
        Effect.map((counts): ShareOutcome => ({ counts, refused: [], remembered: nothingRemembered })),
        Effect.tapError((error) => Effect.sync(() => (mayBeCommitted ||= !isAnswered(error)))),
        Effect.catchIf(
          (error) => isRefusal(error) || isIncomplete(error),
          () => {
            statement = undefined
            return attemptCarefully
          },
        ),
      )
    })

    return yield* attemptOnce.pipe(
      Effect.catchIf(
        (error) => error instanceof Moved,
        Effect.fnUntraced(function* () {
          // An earlier attempt was committed, and its answer was lost.
          const isOwn = attempted !== undefined || mayBeCommitted
          const counts = isOwn ? yield* checkpoints.gained(part, share) : undefined
          if (counts === undefined) return yield* fileTaken(part.fileId)
          return attempted ?? { counts, refused: [], remembered: nothingRemembered }
        }),
      ),
      repeatConflicts,
      Effect.mapError(toDatabaseError),
      patiently,
    )
  })
  return commit
}
