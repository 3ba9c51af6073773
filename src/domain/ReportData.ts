import { Schema } from "effect"
import { RecordCounts } from "./RunSummary.ts"
import { StageTimes } from "./StageTimes.ts"

const Text = Schema.String
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Milliseconds = Count
const latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))
const longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))
const Day = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))
const Time = Schema.Date

/** A value and how many users have it. */
export const Share = Schema.Struct({ name: Text, users: Count })
export type Share = typeof Share.Type

/** The most frequent values, how many there are in all, and how many users have one. */
const rankingOf = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ top: Schema.Array(item), distinct: Count, users: Count })

export const CountryShare = Schema.Struct({
  ...Share.fields,
  /** Where the most of its users are; null where none has coordinates. */
  place: Schema.NullOr(Schema.Struct({ latitude, longitude })),
})
export type CountryShare = typeof CountryShare.Type

export const CityShare = Schema.Struct({ ...Share.fields, region: Schema.NullOr(Text), country: Schema.NullOr(Text) })
export type CityShare = typeof CityShare.Type

/** Users of about one place. */
export const PlaceBin = Schema.Struct({ latitude, longitude, users: Count })
export type PlaceBin = typeof PlaceBin.Type

/** Spans of time, each as long as the others or as the calendar has it. */
export const TimeUnit = Schema.Literals(["day", "week", "month", "quarter", "year", "decade", "century"])
export type TimeUnit = typeof TimeUnit.Type

/** How many users were created when. */
export const Timeline = Schema.Struct({
  unit: TimeUnit,
  /** Spans with users, by their first day. */
  spans: Schema.Array(Schema.Struct({ start: Day, users: Count })),
  /** Users that are far before and far after all others, and are in no span. */
  before: Count,
  after: Count,
  /** Users without a day. */
  missing: Count,
})
export type Timeline = typeof Timeline.Type

/** What is filled in one column of `users`. */
export const ColumnQuality = Schema.Struct({
  column: Text,
  /** Users with a value; empty text is none. */
  filled: Count,
  /** Characters of the longest text, null where the column is no text or has none; and how many it takes. */
  longest: Schema.NullOr(Count),
  limit: Schema.NullOr(Count),
  /** The least and the greatest day. */
  days: Schema.NullOr(Schema.Struct({ first: Text, last: Text })),
})
export type ColumnQuality = typeof ColumnQuality.Type

/**
 * `running`: a process loads it. `finished`: every file is loaded. `unfinished`: the last attempt ended before.
 * `interrupted`: the last attempt did not live to tell.
 */
export const RunState = Schema.Literals(["running", "finished", "unfinished", "interrupted"])
export type RunState = typeof RunState.Type

export const ReportedRun = Schema.Struct({
  id: Count,
  source: Text,
  state: RunState,
  attempts: Count,
  startedAt: Time,
  attemptedAt: Time,
  /** The end of the last attempt. */
  endedAt: Schema.NullOr(Time),
  exitCode: Schema.NullOr(Count),
  /** All attempts together; null where it was not kept. */
  milliseconds: Schema.NullOr(Milliseconds),
  stages: Schema.NullOr(StageTimes),
  counts: RecordCounts,
})
export type ReportedRun = typeof ReportedRun.Type

/** Why records were rejected, as a log may have it, and the first of them. */
export const ReasonCount = Schema.Struct({
  column: Schema.NullOr(Text),
  message: Text,
  records: Count,
  example: Schema.Struct({ uri: Text, line: Count }),
})
export type ReasonCount = typeof ReasonCount.Type

/** The queue of addresses for a service, and what is known of them. */
export const QueueState = Schema.Struct({
  waiting: Count,
  /** Of those that wait, claimed by a process at the moment. */
  claimed: Count,
  located: Count,
  /** Without a place, by reason. */
  unlocatable: Schema.Array(Schema.Struct({ reason: Text, addresses: Count })),
})
export type QueueState = typeof QueueState.Type

/** What a report tells: aggregates of all users, and of the runs. No value of a user that names a person is in it. */
export const ReportData = Schema.Struct({
  madeAt: Time,
  database: Text,
  users: Schema.Struct({
    total: Count,
    /** With coordinates; and of those, the ones that a service answered. The others were found in a local database. */
    located: Count,
    byService: Count,
    active: Count,
    inactive: Count,
  }),
  countries: rankingOf(CountryShare),
  cities: rankingOf(CityShare),
  isps: rankingOf(Share),
  genders: rankingOf(Share),
  bins: Schema.Array(PlaceBin),
  timeline: Timeline,
  columns: Schema.Array(ColumnQuality),
  /** The run that was asked for, null where there is none yet. */
  run: Schema.NullOr(ReportedRun),
  /** The rejects of that run that are kept. */
  rejects: Schema.Struct({ kept: Count, distinct: Count, reasons: Schema.Array(ReasonCount) }),
  /** The runs tried last, the latest first. */
  runs: Schema.Array(ReportedRun),
  queue: QueueState,
})
export type ReportData = typeof ReportData.Type
