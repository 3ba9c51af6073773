// The rejects of a run, and its bad values, as Streams.

import { Effect, Stream } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import { RejectRepo, type StoredBadValue, type StoredReject } from "../repo/RejectRepo.ts"

/**
 * The rejects of a run, in the order of its files and of their records, fetched some megabytes at a time: each with its
 * file, line, byte offset, bytes and every reason. `runId`: as in `RunSummary`.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { Rejects } from "user-activity-etl"
 *
 * const print = Stream.runForEach(Rejects.stream(1), ({ file, line }) => Console.log(`${file.uri}:${line}`))
 * ```
 */
export const stream = (runId: number): Stream.Stream<StoredReject, DatabaseError, RejectRepo> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const rejects = yield* RejectRepo
      return rejects.read(runId, yield* rejects.files(runId))
    }),
  )

/**
 * The values of a run that could not be used and are null, in the order of its files, of their records and of the
 * columns' names: each with its file, line, byte offset and reason.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { Rejects } from "user-activity-etl"
 *
 * const print = Stream.runForEach(Rejects.badValues(1), ({ file, line, reason }) =>
 *   Console.log(`${file.uri}:${line}: ${reason.column} ${reason.message}`),
 * )
 * ```
 */
export const badValues = (runId: number): Stream.Stream<StoredBadValue, DatabaseError, RejectRepo> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { badValues } = yield* RejectRepo
      return badValues.list(runId, yield* badValues.files(runId))
    }),
  )
