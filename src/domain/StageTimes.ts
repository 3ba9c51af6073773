// How long each stage of a run took.

import { Schema } from "effect"

/** In milliseconds. Stages overlap, and several connections load at once: the sum may exceed the time of the run. */
export const StageTimes = Schema.Struct({
  /** Waiting for the files' bytes. */
  extract: Schema.Int,
  /** Framing and decoding records. */
  transform: Schema.Int,
  /** Looking places up in local databases. */
  locate: Schema.Int,
  /** Writing to the database, over all connections. */
  load: Schema.Int,
})
export interface StageTimes extends Schema.Schema.Type<typeof StageTimes> {}

export const noStages: StageTimes = { extract: 0, transform: 0, locate: 0, load: 0 }

export const addStages = (left: StageTimes, right: StageTimes): StageTimes => ({
  extract: left.extract + right.extract,
  transform: left.transform + right.transform,
  locate: left.locate + right.locate,
  load: left.load + right.load,
})
