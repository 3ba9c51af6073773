// What an HTML report shows: aggregates of all users and of the runs.

import { Schema } from "effect"
import { RunRecord } from "./RunRecord.ts"

const Text = Schema.String
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
/** A group is never empty. */
const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))
const longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))
const Day = Schema.String.check(Schema.isPattern(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/))
const Time = Schema.Date

/** A value and how many users have it. */
export const NamedShare = Schema.Struct({ name: Text, users: Positive })
export type NamedShare = typeof NamedShare.Type

/** The most frequent values, how many distinct ones there are, and how many users have one. */
const rankingOf = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ top: Schema.Array(item), distinct: Count, users: Count })

export const CountryShare = Schema.Struct({
  ...NamedShare.fields,
  /** Where most of its users are; null where none has coordinates. */
  place: Schema.NullOr(Schema.Struct({ latitude, longitude })),
})
export type CountryShare = typeof CountryShare.Type

export const CityShare = Schema.Struct({
  ...NamedShare.fields,
  region: Schema.NullOr(Text),
  country: Schema.NullOr(Text),
})
export type CityShare = typeof CityShare.Type

/** How many users are near a place. */
export const PlaceBin = Schema.Struct({ latitude, longitude, users: Positive })
export type PlaceBin = typeof PlaceBin.Type

/** How long each span of a timeline is, by the calendar. */
export const TimeUnit = Schema.Literals(["day", "week", "month", "quarter", "year", "decade", "century"])
export type TimeUnit = typeof TimeUnit.Type

/** How many users were created when. */
export const Timeline = Schema.Struct({
  unit: TimeUnit,
  /** Spans with users, by their first day. */
  spans: Schema.Array(Schema.Struct({ start: Day, users: Positive })),
  /** Users far before or after all others, in no span. */
  before: Count,
  after: Count,
  /** Users without a day. */
  missing: Count,
})
export type Timeline = typeof Timeline.Type

/** How completely one column of `users` is filled. */
export const ColumnQuality = Schema.Struct({
  column: Text,
  /** Users with a value; empty text does not count. */
  filled: Count,
  /** Characters of the longest text, null without text; and the column's limit. */
  longest: Schema.NullOr(Count),
  limit: Schema.NullOr(Count),
  /** The first and the last day. */
  days: Schema.NullOr(Schema.Struct({ first: Text, last: Text })),
})
export type ColumnQuality = typeof ColumnQuality.Type

/** Why records were rejected, without values, and where the first of them is. */
export const ReasonCount = Schema.Struct({
  column: Schema.NullOr(Text),
  message: Text,
  records: Positive,
  example: Schema.Struct({ uri: Text, line: Count }),
})
export type ReasonCount = typeof ReasonCount.Type

/** The queue of addresses for a service, and the answers so far. */
export const QueueState = Schema.Struct({
  waiting: Count,
  /** Those of the pending addresses that a process has claimed. */
  claimed: Count,
  located: Count,
  /** Without a location, by reason. */
  unlocatable: Schema.Array(Schema.Struct({ reason: Text, addresses: Positive })),
})
export type QueueState = typeof QueueState.Type

/** Has no value that identifies a person. */
export const ReportData = Schema.Struct({
  madeAt: Time,
  database: Text,
  users: Schema.Struct({
    total: Count,
    /** With coordinates. */
    located: Count,
    /** Those of them that a service located; a local database located the others, or they came with the table. */
    byService: Count,
    active: Count,
    inactive: Count,
  }),
  countries: rankingOf(CountryShare),
  cities: rankingOf(CityShare),
  isps: rankingOf(NamedShare),
  genders: rankingOf(NamedShare),
  bins: Schema.Array(PlaceBin),
  timeline: Timeline,
  columns: Schema.Array(ColumnQuality),
  /** The run that was asked for; null where none exists yet. */
  run: Schema.NullOr(RunRecord),
  /** The first failed files of that run, and how many failed in all. */
  failed: Schema.Struct({ total: Count, files: Schema.Array(Schema.Struct({ uri: Text, error: Text })) }),
  /** The rejects of that run that are kept. */
  rejects: Schema.Struct({ kept: Count, distinct: Count, reasons: Schema.Array(ReasonCount) }),
  /** The runs with the latest attempts, the latest first. */
  runs: Schema.Array(RunRecord),
  queue: QueueState,
})
export type ReportData = typeof ReportData.Type
