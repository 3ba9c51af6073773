import { Context, type Effect } from "effect"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Answers } from "../domain/Location.ts"

/** The addresses that wait for a service, and the memory of its answers: `ip_locations`. */
export class LocationQueue extends Context.Service<
  LocationQueue,
  {
    /** How many addresses wait, claimed ones included. */
    readonly waiting: Effect.Effect<number, DatabaseError>
    /** Claims at most that many waiting addresses for a while; a claim that is not answered returns to the queue. */
    readonly claim: (limit: number) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** Commits answers, and writes locations to the users of their addresses. Claims answered `NotNow` wait again. */
    readonly answer: (provider: string, answers: Answers) => Effect.Effect<void, DatabaseError>
    /** Gives claims back. */
    readonly release: (addresses: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>
  }
>()("user-activity-etl/repo/LocationQueue") {}
