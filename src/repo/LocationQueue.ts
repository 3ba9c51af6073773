import { Context, type Duration, type Effect, type Scope } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Answer } from "../domain/Location.ts"

/** Answers by address as the queue stores it: in an adopted table it may be written in any form, or be none. */
export type StoredAnswers = ReadonlyMap<string, Answer>

/** Addresses that this process alone asks for. What it has not answered waits for others when the scope closes. */
export interface Claims {
  /**
   * Claims waiting addresses, at most that many, none if there are fewer than `atLeast`. Never one that these claims have
   * had before, nor one that a living process has claimed.
   */
  readonly take: (limit: number, atLeast: number) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /**
   * Whether addresses wait that these claims have not had: other processes have claimed them. With a run, whether any of
   * its own do (see `waitingOf`).
   */
  readonly othersWait: (runId: number | undefined) => Effect.Effect<boolean, DatabaseError>
  /**
   * Commits a service's answers, and writes the places to the users of their addresses. They are remembered, and not
   * asked for again. What is answered `NotNow` is free for other processes, not for these claims: two that each kept such
   * an address claimed would wait for each other.
   */
  readonly answer: (provider: string, answers: StoredAnswers) => Effect.Effect<void, DatabaseError>
  /**
   * As `answer`, for answers that cost nothing: they are not remembered. Where they have no place, what a service has told
   * before holds.
   */
  readonly settle: (answers: StoredAnswers) => Effect.Effect<void, DatabaseError>
}

/** The addresses that wait for a service, and the memory of its answers: `ip_locations`. */
export class LocationQueue extends Context.Service<
  LocationQueue,
  {
    /** How many addresses wait, claimed ones included. */
    readonly waiting: Effect.Effect<number, DatabaseError>
    /**
     * Those of them that the chunks of the run, and of earlier ones over its source, have queued or found waiting; and the
     * others.
     */
    readonly waitingOf: (
      runId: number,
    ) => Effect.Effect<{ readonly own: number; readonly others: number }, DatabaseError>
    /**
     * Begins to claim. Claims are kept alive while the scope is open; those of a process that has died are free at once,
     * those of a machine that was lost after two minutes.
     */
    readonly claims: Effect.Effect<Claims, DatabaseError, Scope.Scope>
    /** Queues the addresses of all users that lack a place and were never asked for. */
    readonly queueUnplaced: Effect.Effect<void, DatabaseError>
    /** Queues every address again whose answer is older. Users keep the place until another is told. */
    readonly queueOlderThan: (age: Duration.Duration) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/LocationQueue") {}
