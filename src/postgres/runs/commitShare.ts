// Commits a share of a chunk in one transaction: its users, rejects and bad values, its addresses' queue, its checkpoints.

import { Data, Effect } from "effect"
import { toDatabaseError } from "../../domain/DatabaseError.ts"
import type { Share } from "../../domain/Lane.ts"
import { fileTaken } from "../../repo/FileTakenError.ts"
import { makePatience } from "../../repo/patience.ts"
import type { PartRef, RunRepo, ShareLocations, ShareOutcome } from "../../repo/RunRepo.ts"
import { shareOutcome } from "../../repo/shareOutcome.ts"
import { userShare } from "../../repo/userShare.ts"
import type { UpsertOutcome, UserShare } from "../../repo/UserRepo.ts"
import { makeClient } from "../client.ts"
import { CommitTry } from "../commitTry.ts"
import { makeQueueAddresses } from "../locations/queueAddresses.ts"
import { repeatConflicts } from "../transaction.ts"
import { preferIndexes } from "../users/preferIndexes.ts"
import { isRefusal } from "../users/refusals.ts"
import { makeCheckpoints } from "./checkpoints.ts"
import { isToBeRead } from "./etlFiles.ts"
import { makeWriteBadValues } from "./writeBadValues.ts"
import { makeWriteRejects } from "./writeRejects.ts"

/** The checkpoints are not at the share's start. */
class Moved extends Data.TaggedError("Moved") {}

/**
 * Prepares the transaction, and returns whether the share is ahead of records that are still to be read: a file with a
 * lower number, or an earlier part of the file, is unfinished. Parameters: the file, the part.
 */
const prepare = `
  select ${preferIndexes}, exists (
    select from etl_files f where f.loaded_at is null and f.id < $1 and ${isToBeRead("f")}
  ) or exists (
    select from etl_checkpoints c where c.file_id = $1 and c.part < $2 and c.byte_offset < c.part_end
  ) as "isAhead"`

export const makeCommit = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = sql.withTransaction
  const patiently = makePatience()
  const checkpoints = makeCheckpoints(sql)
  const queueAddresses = makeQueueAddresses(sql)
  const writeBadValues = makeWriteBadValues(sql)
  const writeRejects = makeWriteRejects(sql)

  const commit: RunRepo["Service"]["commit"] = Effect.fn("RunRepo.commit")(function* <E, R>(
    part: PartRef,
    share: Share,
    locations: ShareLocations,
    write: (users: UserShare) => Effect.Effect<UpsertOutcome, E, R>,
  ) {
    let attempted: ShareOutcome | undefined

    const attempt = (commitTry: CommitTry) =>
      Effect.gen(function* () {
        const [prepared] = yield* sql.unsafe<{ isAhead: boolean }>(prepare, [part.fileId, part.part])
        const { places, remembered } = yield* queueAddresses(part.runId, locations)
        const written = yield* write(
          userShare(share, {
            places: places.size === 0 ? locations.known : new Map([...places, ...locations.known]),
            isAhead: prepared!.isAhead,
          }),
        ).pipe(Effect.provideService(CommitTry, commitTry))
        const { badValues, counts, refused } = shareOutcome(share, written)
        if (!(yield* checkpoints.move(part, share, counts))) return yield* new Moved()
        yield* writeRejects(part, [...share.rejects, ...refused])
        yield* writeBadValues(part, badValues)
        attempted = { counts, refused, remembered }
        return attempted
      }).pipe(transaction)

    const attemptOnce = Effect.suspend(() => {
      const first: CommitTry = { isCareful: false, isRefused: false }
      return Effect.catchIf(
        attempt(first),
        // A deferred constraint refuses a record at COMMIT.
        (error) => first.isRefused || isRefusal(error),
        () => attempt({ isCareful: true, isRefused: false }),
      )
    })

    return yield* attemptOnce.pipe(
      Effect.catchIf(
        (error) => error instanceof Moved,
        Effect.fnUntraced(function* () {
          // An earlier COMMIT succeeded, and its answer was lost.
          if (attempted !== undefined && (yield* checkpoints.isCommitted(part, share))) return attempted
          return yield* fileTaken(part.fileId)
        }),
      ),
      repeatConflicts,
      Effect.mapError(toDatabaseError),
      patiently,
    )
  })
  return commit
})
