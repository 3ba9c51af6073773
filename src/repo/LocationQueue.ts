// The queue of pending addresses, and the memory of a service's answers: the contract.

import { Context, type Duration, type Effect, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Answer, Location } from "../domain/Location.ts"
import type { AddressPlace } from "./UserRepo.ts"

/** Answers by address as the queue stores it: an adopted table may have any form of it, or other text. */
export type StoredAnswers = ReadonlyMap<string, Answer>

/** Addresses that only this process may locate. Those it has not answered are free when the scope closes. */
export interface Claims {
  /**
   * Claims pending addresses, at most `limit`, none if there are fewer than `atLeast`. Never one that these claims have
   * had before, nor one that a running process has claimed.
   */
  readonly take: (limit: number, atLeast: number) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /**
   * Whether addresses are pending that these claims have not had: other processes have claimed them. With a run, only
   * its own count (see `waitingOf`).
   */
  readonly othersWait: (runId: number | undefined) => Effect.Effect<boolean, DatabaseError>
  /**
   * Commits a service's answers: `place` writes the places to the users, then the answers are remembered, and not
   * requested again. In one transaction where `place` uses the same store. An address answered `NotNow` is free for
   * other processes, but not for these claims: two processes that each kept such an address claimed would wait for each
   * other.
   */
  readonly answer: <E, R>(
    provider: string,
    answers: StoredAnswers,
    place: Place<E, R>,
  ) => Effect.Effect<void, DatabaseError | E, R>
  /**
   * As `answer`, for answers that cost nothing: they are not remembered. Where they have no place, an earlier answer of
   * a service holds.
   */
  readonly settle: <E, R>(answers: StoredAnswers, place: Place<E, R>) => Effect.Effect<void, DatabaseError | E, R>
}

/** Writes places to the users of their addresses: `UserRepo.place`. */
export type Place<E, R> = (places: ReadonlyArray<AddressPlace>) => Effect.Effect<void, E, R>

/** The pending addresses, and the memory of a service's answers: `ip_locations`. */
export class LocationQueue extends Context.Service<
  LocationQueue,
  {
    /** How many addresses are pending, claimed ones included. */
    readonly waiting: Effect.Effect<number, DatabaseError>
    /**
     * `own`: those of them that the chunks of the run, and of earlier runs of its source, have queued or found pending.
     */
    readonly waitingOf: (
      runId: number,
    ) => Effect.Effect<{ readonly own: number; readonly others: number }, DatabaseError>
    /**
     * Starts to claim. Claims hold while the scope is open; those of a process that died are free at once, those of a
     * machine that was lost after two minutes.
     */
    readonly claims: Effect.Effect<Claims, DatabaseError, Scope.Scope>
    /**
     * Gives the users of the addresses that have no place theirs, which is known without a service, and takes the
     * addresses from the queue: in one transaction where `place` uses the same store. May be repeated.
     */
    readonly placeAtOnce: <E, R>(
      places: ReadonlyMap<string, Location>,
      place: Place<E, R>,
    ) => Effect.Effect<void, DatabaseError | E, R>
    /** Queues those of the addresses that were never queued. Returns the known places of the others. */
    readonly queue: (addresses: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<AddressPlace>, DatabaseError>
    /**
     * Queues again every address whose answer is older than `age`. Users keep their place until there is a new answer.
     */
    readonly queueOlderThan: (age: Duration.Duration) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/LocationQueue") {}
