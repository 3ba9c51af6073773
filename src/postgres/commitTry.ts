// How a commit writes users: first without savepoints, and with care where PostgreSQL refuses any of them.

import { Context } from "effect"

/** One try of a transaction that holds more than users, and is tried again as a whole. */
export interface CommitTry {
  /** Refused records, constraints deferred to COMMIT included, are found one by one, in savepoints. */
  readonly isCareful: boolean
  /** Set where this try, which is not careful, must be followed by one that is. */
  isRefused: boolean
  /** Where the try writes users of several files: how many of each file ended how, added by the upsert. */
  readonly gained?: Array<FileGains>
}

/** Users of a file that were written, or are older than what is stored; the others are unchanged. */
export interface FileGains {
  readonly file_id: number
  readonly inserted: number
  readonly updated: number
  readonly stale: number
}

/** The try of the open transaction; undefined: the users are written in a transaction, or savepoint, of their own. */
export const CommitTry = Context.Reference<CommitTry | undefined>("user-activity-etl/postgres/CommitTry", {
  defaultValue: () => undefined,
})
