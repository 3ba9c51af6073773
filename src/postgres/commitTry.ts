// How a commit writes users: first without savepoints, and with care where PostgreSQL refuses any of them.

import { Context } from "effect"

/** One try of a transaction that holds more than users, and is tried again as a whole. */
export interface CommitTry {
  /** Refused records, constraints deferred to COMMIT included, are found one by one, in savepoints. */
  readonly isCareful: boolean
  /** Set where this try, which is not careful, must be followed by one that is. */
  isRefused: boolean
}

/** The try of the open transaction; undefined: the users are written in a transaction, or savepoint, of their own. */
export const CommitTry = Context.Reference<CommitTry | undefined>("user-activity-etl/postgres/CommitTry", {
  defaultValue: () => undefined,
})
