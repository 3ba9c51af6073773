// Upserts users that a program has, without a file.

import { Effect, Result, Stream } from "effect"
import * as ColumnMapping from "../domain/ColumnMapping.ts"
import type { Chunk } from "../domain/Chunk.ts"
import type { UserRecord } from "../domain/UserRecord.ts"
import { plainFormat } from "../domain/Format.ts"
import { firstInstant, type Instant } from "../domain/Moment.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import { type Reject, toReject } from "../domain/Reject.ts"
import { Rows } from "../domain/rows/Rows.ts"
import { checkUser, type User } from "../domain/User.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import type { FileTakenError } from "../repo/FileTakenError.ts"
import type { RunInClusterError } from "../repo/RunInClusterError.ts"
import { RunRepo } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { begin } from "./divideChunk.ts"
import { beginWork } from "./fileOutcome.ts"
import { keepFailure } from "./keepFailure.ts"
import { complete, type PipelineOptionsError } from "./PipelineOptions.ts"
import { report } from "./reportChunk.ts"
import * as Run from "./Run.ts"
import { perConnection, shareOf, unlocated, upsert as upsertShares } from "./writeShares.ts"
import { addRecord } from "../domain/rows/addRecord.ts"

export interface UsersOptions {
  /** Names the users' origin, as a URI does: calls of one source wait for each other. Default `users`. */
  readonly source?: string | undefined
  /** Users that are committed together, at most: 1 to 100,000. Default 1,000. */
  readonly chunkSize?: number | undefined
}

const nothing = new Uint8Array()

/** A user as a record, at the position that it has in the stream. */
class StreamedUser implements UserRecord {
  readonly user: User
  readonly fileId: number
  readonly byteOffset: number

  constructor(user: User, fileId: number, index: number) {
    this.user = user
    this.fileId = fileId
    this.byteOffset = index
  }

  /** A user has the day only. */
  get instant(): Instant | null {
    return firstInstant(this.user.updated_at)
  }

  get line(): number {
    return this.byteOffset + 1
  }

  /** The user as JSON. */
  get raw(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.user))
  }
}

const toChunks =
  (fileId: number, chunkSize: number) =>
  <E, R>(users: Stream.Stream<User, E, R>): Stream.Stream<Chunk, E, R> =>
    users.pipe(
      Stream.grouped(chunkSize),
      Stream.mapAccum(
        () => 0,
        (start, group) => {
          const end = start + group.length
          const rows = new Rows(group.length, 0)
          const rejects: Array<Reject> = []
          for (const [index, user] of group.entries()) {
            const record = new StreamedUser(user, fileId, start + index)
            const checked = checkUser(user)
            if (Result.isSuccess(checked)) addRecord(rows, record)
            else rejects.push(toReject(record, checked.failure))
          }
          const chunk: Chunk = {
            rows,
            rejects,
            from: { byteOffset: start, line: start + 1 },
            to: { byteOffset: end, line: end + 1 },
            header: nothing,
            format: plainFormat,
            isLast: false,
          }
          return [end, [chunk]]
        },
      ),
    )

/** A file that no other call has: what an earlier one of the source left unfinished is superseded. */
const makeFile = (source: string): SourceFile => ({
  uri: source,
  name: source,
  fingerprint: crypto.randomUUID(),
  size: 0,
})

/** Any number of rejects: the stream cannot be corrected and read again. */
const unlimited = { _tag: "Records", records: Number.MAX_SAFE_INTEGER } as const

const mapping = ColumnMapping.make({ email: "email" })

/**
 * Upserts users as a run does, chunk by chunk: the last version of an e-mail wins, and those of a later call win a tie.
 * The instant of an `updated_at` is the first one of its day in UTC. Addresses are located by `Locating.run`. What is
 * committed stays where the stream fails. `RunHistory` has the call as a run, and `Rejects` the users that the store
 * refused.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { User, Users } from "user-activity-etl"
 *
 * const upserted = Stream.make(User.make({ email: "ada@example.com" })).pipe(Users.upsert({ source: "crm" }))
 * ```
 */
export const upsert =
  ({ source = "users", chunkSize }: UsersOptions = {}) =>
  <E, R>(
    users: Stream.Stream<User, E, R>,
  ): Effect.Effect<
    RecordCounts,
    E | DatabaseError | FileTakenError | RunInClusterError | PipelineOptionsError,
    R | UserRepo | RunRepo
  > =>
    Effect.gen(function* () {
      const options = yield* complete({ mapping, maxRejects: unlimited, chunkSize })
      const runs = yield* RunRepo
      const request = { source, mapping: "users", force: false }
      const attempt = yield* runs.begin(request)
      const start = yield* monotonicMillis
      const run = yield* Run.make(attempt.runId, request, options)
      const file = makeFile(source)
      const connections = Math.min(options.concurrency, (yield* UserRepo).connections ?? 1)

      const load = Effect.gen(function* () {
        const [registered] = yield* runs.register(run.runId, request, [file])
        const taken = yield* runs.take(run.runId, request, registered!)
        const part = { ...taken, ...taken.parts[0]! }
        yield* users.pipe(
          toChunks(part.fileId, options.chunkSize),
          begin(run, part, { committed: yield* run.committed, connections }),
          perConnection(
            connections,
            (connection) => (chunks) => chunks.pipe(shareOf(connection), unlocated, upsertShares(run, part)),
          ),
          report(run, part, yield* beginWork),
          Stream.runDrain,
        )
        const counts = yield* runs.finishPart(part)
        yield* runs.end(attempt, {
          isFinished: true,
          exitCode: counts.rejected > 0 ? 3 : 0,
          milliseconds: Math.round((yield* monotonicMillis) - start),
          stages: run.stopwatch.times,
        })
        return counts
      })
      return yield* load.pipe(Effect.onError(keepFailure(attempt, run, start)), Effect.annotateLogs({ run: run.runId }))
    }).pipe(Effect.scoped, Effect.annotateLogs({ step: "ETL" }), Effect.withSpan("Users.upsert"))
