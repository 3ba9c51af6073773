// The stages of one connection, `shareOf`, `locate` and `upsert`; `perConnection` joins the connections again.

import { Effect, Stream } from "effect"
import type { Share } from "../domain/Lane.ts"
import { countAddresses, noPlaces } from "../domain/rows/RowPlaces.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { type FileIdentity, type PartLoad, RunRepo, type ShareLocations, type ShareOutcome } from "../repo/RunRepo.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import type { DividedChunk } from "./divideChunk.ts"
import { countAnswers, locateUsers } from "./locateUsers.ts"
import type { Run } from "./Run.ts"

/** Chunks that a connection may be ahead of the slowest one. */
const ahead = 4

/** The outcome of a share, and of its addresses. */
export interface WrittenShare extends ShareOutcome {
  /** Addresses that got a place. */
  readonly located: number
  /** Addresses left for the service. */
  readonly queued: number
}

/** A chunk, and the outcomes of the shares that are written. */
export interface WrittenChunk {
  readonly divided: DividedChunk
  readonly outcomes: ReadonlyArray<WrittenShare>
}

/** What one connection commits of a chunk; undefined: nothing. */
interface OwnShare {
  readonly divided: DividedChunk
  readonly share: Share | undefined
}

interface LocatedShare extends OwnShare {
  readonly locations: ShareLocations
}

/** Gives every connection a copy of the stream, and joins their results, chunk by chunk. */
export const perConnection =
  <E, R, E2, R2>(
    connections: number,
    write: (connection: number) => (chunks: Stream.Stream<DividedChunk, E, R>) => Stream.Stream<WrittenChunk, E2, R2>,
  ) =>
  (chunks: Stream.Stream<DividedChunk, E, R>) =>
    connections === 1
      ? // Chunks are ready while one is written, as they are for several connections.
        write(0)(Stream.buffer(chunks, { capacity: ahead }))
      : Stream.unwrap(
          Effect.map(Stream.broadcastN(chunks, { n: connections, capacity: ahead }), (copies) =>
            copies
              // Without a buffer each connection would wait for the others to write the same chunk.
              .map((copy, connection) => write(connection)(copy).pipe(Stream.buffer({ capacity: ahead })))
              .reduce((left, right) =>
                Stream.zipWith(left, right, ({ divided, outcomes }, other) => ({
                  divided,
                  outcomes: [...outcomes, ...other.outcomes],
                })),
              ),
          ),
        )

/** Whether an earlier attempt has committed the share. */
const isCommitted = ({ checkpoint }: Share): boolean => checkpoint._tag === "Lanes" && checkpoint.lanes.length === 0

/** What this connection commits of every chunk: the same lanes of all of them. */
export const shareOf = (connection: number) =>
  Stream.map((divided: DividedChunk): OwnShare => {
    const share = divided.shares[connection]
    return { divided, share: share === undefined || isCommitted(share) ? undefined : share }
  })

export const noLocations: ShareLocations = { places: noPlaces, queue: [] }

/** Users that are located later, without a service being asked for them here. */
export const unlocated = Stream.map((own: OwnShare): LocatedShare => ({ ...own, locations: noLocations }))

/** Locates the users of a share as far as no service is needed, and leaves the other addresses for the queue. */
export const locate = (run: Run) =>
  Stream.mapEffect(
    Effect.fnUntraced(function* ({ divided, share }: OwnShare) {
      const { instant, service } = yield* GeoLocator
      const locates = share !== undefined && (instant !== undefined || service !== undefined)
      if (!locates) return { divided, share, locations: noLocations } satisfies LocatedShare
      const located = yield* divided.span.within(run.stopwatch.time("locate")(locateUsers(run, share.users)))
      yield* countAnswers(run, located)
      return { divided, share, locations: located.locations } satisfies LocatedShare
    }),
  )

/** Commits a share: its users, its rejects, their bad values, its addresses' queue, its checkpoint. */
export const upsert = (run: Run, load: PartLoad<FileIdentity>) =>
  Stream.mapEffect(
    Effect.fnUntraced(function* ({ divided, share, locations }: LocatedShare) {
      if (share === undefined) return { divided, outcomes: [] } satisfies WrittenChunk
      const { upsert } = yield* UserRepo
      const runs = yield* RunRepo
      const outcome = yield* divided.span.within(
        run.stopwatch.time("load")(runs.commit(load, share, locations, upsert)),
      )
      const { located, unlocatable } = outcome.remembered
      const remembered = Object.values(unlocatable).reduce((sum, count) => sum + count, located)
      const written: WrittenShare = {
        ...outcome,
        located: countAddresses(locations.places) + located,
        queued: locations.queue.length - remembered,
      }
      return { divided, outcomes: [written] } satisfies WrittenChunk
    }),
  )
