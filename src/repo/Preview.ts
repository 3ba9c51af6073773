// What a dry run has read, to be shown instead of written.

import { Context, type Effect, Option } from "effect"
import type { BadValue } from "../domain/BadValue.ts"
import type { Location } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import type { User } from "../domain/User.ts"

/** Where a record is. */
interface RecordPlace {
  /** The file's name. */
  readonly file: string
  readonly line: number
}

/** What a dry run keeps of the records that it reads. */
export interface Seen {
  /**
   * The first users that would be written, with the place that is known without a service. Passwords are `***`, and so
   * are the texts of `extra`.
   */
  readonly users: ReadonlyArray<RecordPlace & { readonly user: User; readonly location: Location | null }>
  /** The first rejects. */
  readonly rejects: ReadonlyArray<RecordPlace & Pick<Reject, "reasons">>
  /** The first values that could not be used, and would be null. */
  readonly badValues: ReadonlyArray<RecordPlace & Pick<BadValue, "reason">>
}

/** The records of a dry run so far; none where the run writes. */
export const Preview = Context.Reference<Option.Option<Effect.Effect<Seen>>>("user-activity-etl/repo/Preview", {
  defaultValue: () => Option.none(),
})
