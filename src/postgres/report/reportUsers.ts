// The report's data on users: places, timeline, columns.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { fileColumns } from "../../domain/fileColumns.ts"
import type {
  CityShare,
  ColumnQuality,
  CountryShare,
  PlaceBin,
  ReportData,
  NamedShare,
  TimeUnit,
} from "../../domain/ReportData.ts"
import { userColumns } from "../../domain/User.ts"
import { type ElementType, elementType } from "../arrays.ts"
import { placeColumns, placeType } from "../locations/placeColumns.ts"

/** The most entries of each ranking. There are 250 countries, but an adopted table may have any names. */
const maxCountries = 400
const maxValues = 15
const maxBins = 600

/** A text as the report shows it: at most 200 characters, and null where it is empty. */
const shown = (column: string): string => `nullif(left(btrim(${column}), 200), '')`

type Reported = ElementType | ReturnType<typeof placeType>

/** The columns of the report, with the kinds of figures that they have. */
const reported: ReadonlyMap<string, Reported> = new Map<string, Reported>([
  ...userColumns.map((column) => [column, elementType(fileColumns[column].type)] as const),
  ...placeColumns.map((column) => [column, placeType(column)] as const),
])

const figuresOf = (column: string, type: Reported): string => {
  switch (type) {
    case "text":
      return `count(*) filter (where ${column} <> '')::float8 as ${column}_filled, max(length(${column})) as ${column}_longest`
    case "date":
      return `count(${column})::float8 as ${column}_filled,
      (min(${column}) filter (where isfinite(${column})))::date::text as ${column}_first,
      (max(${column}) filter (where isfinite(${column})))::date::text as ${column}_last`
    case "boolean":
    case "float8":
    case "jsonb":
      return `count(${column})::float8 as ${column}_filled`
  }
}

/** One row: totals, and the figures of each column. */
const quality = `
  select count(*)::float8 as total, count(*) filter (where status)::float8 as active,
    count(*) filter (where not status)::float8 as inactive,
    ${Array.from(reported, ([column, type]) => figuresOf(column, type)).join(",\n    ")}
  from users`

/** In the table's order. */
const limits = `
  select attname as column, case when atttypid = 'varchar'::regtype and atttypmod > 4 then atttypmod - 4 end as "limit"
  from pg_attribute where attrelid = 'users'::regclass and attnum > 0 and not attisdropped order by attnum`

/** Users by place, in cells of one degree, rolled up: one pass over the users. */
const places = `
  with cells as materialized (
    select ${shown("country")} as country, ${shown("region")} as region, ${shown("city")} as city,
      count(*) as users, avg(latitude) as latitude, avg(longitude) as longitude
    from (
      select country, region, city, case when is_place then latitude end as latitude,
        case when is_place then longitude end as longitude
      from (
        select *, latitude between -90 and 90 and longitude between -180 and 180 as is_place from users
      ) users
    ) users
    group by 1, 2, 3, round(latitude), round(longitude)
  ), countries as (
    select country as name, sum(users) as users from cells where country is not null group by country
  ), country_places as (
    select distinct on (country) country, json_build_object('latitude', latitude, 'longitude', longitude) as place
    from cells where country is not null and latitude is not null order by country, users desc
  ), cities as (
    select city as name, region, country, sum(users) as users from cells where city is not null group by 1, 2, 3
  ), bins as (
    select sum(latitude * users) / sum(users) as latitude, sum(longitude * users) / sum(users) as longitude,
      sum(users) as users
    from cells where latitude is not null group by round(latitude), round(longitude)
  )
  select
    (select count(*)::float8 from countries) as "countryCount",
    (select coalesce(sum(users), 0)::float8 from countries) as "countryUsers",
    (select coalesce(json_agg(c order by users desc, name), '[]') from (
      select name, users, place from countries left join country_places on country = name
      order by users desc, name limit ${maxCountries}) c) as countries,
    (select count(*)::float8 from cities) as "cityCount",
    (select coalesce(sum(users), 0)::float8 from cities) as "cityUsers",
    (select coalesce(json_agg(c order by users desc, name, region, country), '[]') from (
      select * from cities order by users desc, name, region, country limit ${maxValues}) c) as cities,
    (select coalesce(json_agg(b order by users desc, latitude, longitude), '[]') from (
      select * from bins order by users desc, latitude, longitude limit ${maxBins}) b) as bins`

const ranking = (column: string): string => `
  select name, users::float8 as users, (count(*) over ())::float8 as "distinct", (sum(users) over ())::float8 as "all"
  from (select ${shown(column)} as name, count(*) as users from users group by 1) counted
  where name is not null order by counted.users desc, name limit ${maxValues}`

/**
 * Users by the day of creation, in the shortest spans that are few enough to draw. A few days that are far from all
 * others (half a percent on each side, more than four fifths of the time) are left out: they would leave the others no
 * room.
 */
const timeline = `
  with days as materialized (
    select created_at::date as day, count(*) as users
    from users where isfinite(created_at) and created_at >= '0001-01-01' group by 1
  ), ranked as (
    select day, sum(users) over (order by day) as upto, sum(users) over () as total from days
  ), bounds as (
    select min(day) as first, max(day) as last,
      min(day) filter (where upto >= total * 0.005) as low, min(day) filter (where upto >= total * 0.995) as high
    from ranked
  ), range as (
    select case when is_far then low else first end as first, case when is_far then high else last end as last
    from (select *, (high - low + 1) * 5 < last - first + 1 as is_far from bounds) bounds
  ), unit as (
    select first, last, case
      when last - first < 100 then 'day'
      when last - first < 130 * 7 then 'week'
      when last - first < 150 * 30 then 'month'
      when last - first < 150 * 91 then 'quarter'
      when last - first < 150 * 365 then 'year'
      when last - first < 150 * 3652 then 'decade'
      else 'century' end as unit
    from range
  ), spans as (
    select greatest(date_trunc(unit, day::timestamp), '0001-01-01') as start, sum(users) as users
    from days, unit where day between first and last group by 1
  )
  select unit,
    (select coalesce(json_agg(json_build_object('start', to_char(start, 'YYYY-MM-DD'), 'users', users) order by start), '[]')
      from spans) as spans,
    (select coalesce(sum(users), 0)::float8 from days where day < first) as before,
    (select coalesce(sum(users), 0)::float8 from days where day > last) as after,
    (select coalesce(sum(users), 0)::float8 from days) as "all"
  from unit`

/**
 * Users with a service's place. A service's answer alone does not show it: a local database may have located them
 * later.
 */
const byService = `
  select count(*)::float8 as users from users u join ip_locations l on l.address = u.ip_address
  where l.provider is not null and u.latitude = l.latitude and u.longitude = l.longitude`

interface PlacesRow {
  readonly countryCount: number
  readonly countryUsers: number
  readonly countries: ReadonlyArray<CountryShare>
  readonly cityCount: number
  readonly cityUsers: number
  readonly cities: ReadonlyArray<CityShare>
  readonly bins: ReadonlyArray<PlaceBin>
}

interface TimelineRow {
  readonly unit: TimeUnit
  readonly spans: ReadonlyArray<{ readonly start: string; readonly users: number }>
  readonly before: number
  readonly after: number
  readonly all: number
}

type QualityRow = Readonly<Record<string, number | string | null>>

const toQuality = (row: QualityRow, column: string, limit: number | null): ColumnQuality => {
  const first = row[`${column}_first`]
  const last = row[`${column}_last`]
  return {
    column,
    filled: Number(row[`${column}_filled`]),
    longest: (row[`${column}_longest`] as number | null | undefined) ?? null,
    limit,
    days: typeof first === "string" && typeof last === "string" ? { first, last } : null,
  }
}

/** Reads the users in a handful of passes. */
export const readUsers = Effect.fnUntraced(function* (sql: SqlClient) {
  const rank = (column: string) =>
    sql.unsafe<NamedShare & { readonly distinct: number; readonly all: number }>(ranking(column)).pipe(
      Effect.map((rows) => ({
        top: rows.map(({ name, users }) => ({ name, users })),
        distinct: rows[0]?.distinct ?? 0,
        users: rows[0]?.all ?? 0,
      })),
    )

  const [filled] = yield* sql.unsafe<QualityRow>(quality)
  const limitRows = yield* sql.unsafe<{ column: string; limit: number | null }>(limits)
  const [placed] = yield* sql.unsafe<PlacesRow>(places)
  const [answered] = yield* sql.unsafe<{ users: number }>(byService)
  const [time] = yield* sql.unsafe<TimelineRow>(timeline)
  const isps = yield* rank("isp_name")
  const genders = yield* rank("gender")

  const columns = limitRows
    .filter(({ column }) => reported.has(column))
    .map(({ column, limit }) => toQuality(filled!, column, limit))
  const total = Number(filled!.total)
  const { countryCount, countryUsers, countries, cityCount, cityUsers, cities, bins } = placed!
  const { unit, spans, before, after, all } = time!
  return {
    users: {
      total,
      located: Number(filled!.latitude_filled),
      byService: answered!.users,
      active: Number(filled!.active),
      inactive: Number(filled!.inactive),
    },
    countries: { top: countries, distinct: countryCount, users: countryUsers },
    cities: { top: cities, distinct: cityCount, users: cityUsers },
    isps,
    genders,
    bins,
    timeline: { unit, spans, before, after, missing: total - all },
    columns,
  } satisfies Partial<ReportData>
})
