import { Schema } from "effect"
import { RunRecord } from "./RunRecord.ts"

const Text = Schema.String
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
/** A group has somebody in it. */
const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))
const longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))
const Day = Schema.String.check(Schema.isPattern(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/))
const Time = Schema.Date

/** A value and how many users have it. */
export const NamedShare = Schema.Struct({ name: Text, users: Positive })
export type NamedShare = typeof NamedShare.Type

/** The most frequent values, how many there are in all, and how many users have one. */
const rankingOf = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ top: Schema.Array(item), distinct: Count, users: Count })

export const CountryShare = Schema.Struct({
  ...NamedShare.fields,
  /** Where the most of its users are; null where none has coordinates. */
  place: Schema.NullOr(Schema.Struct({ latitude, longitude })),
})
export type CountryShare = typeof CountryShare.Type

export const CityShare = Schema.Struct({
  ...NamedShare.fields,
  region: Schema.NullOr(Text),
  country: Schema.NullOr(Text),
})
export type CityShare = typeof CityShare.Type

/** Users of about one place. */
export const PlaceBin = Schema.Struct({ latitude, longitude, users: Positive })
export type PlaceBin = typeof PlaceBin.Type

/** Spans of time, each as long as the others or as the calendar has it. */
export const TimeUnit = Schema.Literals(["day", "week", "month", "quarter", "year", "decade", "century"])
export type TimeUnit = typeof TimeUnit.Type

/** How many users were created when. */
export const Timeline = Schema.Struct({
  unit: TimeUnit,
  /** Spans with users, by their first day. */
  spans: Schema.Array(Schema.Struct({ start: Day, users: Positive })),
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

/** Why records were rejected, as a log may have it, and the first of them. */
export const ReasonCount = Schema.Struct({
  column: Schema.NullOr(Text),
  message: Text,
  records: Positive,
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
  unlocatable: Schema.Array(Schema.Struct({ reason: Text, addresses: Positive })),
})
export type QueueState = typeof QueueState.Type

/** What a report tells: aggregates of all users, and of the runs. No value of a user that names a person is in it. */
export const ReportData = Schema.Struct({
  madeAt: Time,
  database: Text,
  users: Schema.Struct({
    total: Count,
    /** With coordinates; and of those, the ones that a service answered. Others a local database told, or they were there before. */
    located: Count,
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
  /** The run that was asked for, null where there is none yet. */
  run: Schema.NullOr(RunRecord),
  /** The first files of that run that failed, and how many there are in all. */
  failed: Schema.Struct({ total: Count, files: Schema.Array(Schema.Struct({ uri: Text, error: Text })) }),
  /** The rejects of that run that are kept. */
  rejects: Schema.Struct({ kept: Count, distinct: Count, reasons: Schema.Array(ReasonCount) }),
  /** The runs tried last, the latest first. */
  runs: Schema.Array(RunRecord),
  queue: QueueState,
})
export type ReportData = typeof ReportData.Type
