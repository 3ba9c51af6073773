// The rejects of a run, as a Stream.

import { Effect, Stream } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import { RejectRepo, type StoredReject } from "../repo/RejectRepo.ts"

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
