// The statement that upserts a chunk's users.

import { fieldColumns, fileColumns } from "../../domain/fileColumns.ts"
import { type UserColumn, userColumns } from "../../domain/User.ts"
import { placeColumns, placeType } from "../locations/placeColumns.ts"
import { userParameters } from "./userArrays.ts"

/** The columns in which versions of a user can differ: all except the key. */
const comparedColumns = userColumns.filter((column) => column !== "email")

/** A stored column for comparison; an adopted table may keep a time of day with a day. */
const stored = (column: UserColumn): string =>
  fileColumns[column].type === "date" ? `u.${column}::date` : `u.${column}`

/** Whether nothing but the day is known of the row's `updated_at`: it was written before instants were kept. */
const hasDayOnly = "(u.updated_instant is null and pg_typeof(u.updated_at) = 'date'::regtype)"

/** A missing instant is earlier than any. */
const orEarliest = (instant: string): string => `coalesce(${instant}, '-infinity'::timestamptz)`

/** A date's first instant, or a timestamp's only one: in UTC, whatever the time zone of the session. */
const inUtc = (update: string): string => `${update}::timestamp at time zone 'UTC'`

/** An adopted `updated_at` may be a timestamp, which is an instant itself. */
const ownInstant = `case pg_typeof(u.updated_at) when 'timestamptz'::regtype then u.updated_at::timestamptz
  else ${inUtc("u.updated_at")} end`

const storedInstant = orEarliest(`u.updated_instant, ${ownInstant}`)
const incomingInstant = orEarliest("i.updated_instant")

/**
 * Last version wins: whether the incoming `i` is later than the stored `u`, or the same record under another mapping.
 * Where the row has its day only, days decide.
 */
const isNewer = `(${orEarliest(`case when ${hasDayOnly} then ${inUtc("i.updated_at")} else i.updated_instant end`)}, i.file_id, i.byte_offset)
  >= (${storedInstant}, u.file_id, u.byte_offset)`

const isOther = `(${comparedColumns.map(stored).join(", ")}) is distinct from (${comparedColumns.map((column) => `i.${column}`).join(", ")})`

/** The address is unchanged, has no place yet, and the record brings one. */
const fillsPlace = "(u.ip_address = i.ip_address and u.latitude is null and i.latitude is not null)"

/** A new address takes its own place or none: the old place goes with the old address. */
const takesPlace = `(case when ${isNewer} then u.ip_address is distinct from i.ip_address or i.latitude is not null else ${fillsPlace} end)`

/** What makes an equal record a later version. `isAhead`: see `UserShare.isAhead`. */
const isLater = (isAhead: string): string =>
  `(${hasDayOnly} and i.updated_instant is not null or ${incomingInstant} > ${storedInstant}
  or ${isAhead} and ${incomingInstant} = ${storedInstant} and (i.file_id, i.byte_offset) > (u.file_id, u.byte_offset))`

/** What a row takes of its record, by the row as it is once it is locked. */
const takes = [
  `${isNewer} and ${isOther} as takes_columns`,
  `${isNewer} or ${hasDayOnly} and i.updated_instant is not null and not ${isOther} as takes_version`,
  `${takesPlace} as takes_place`,
  `${isOther} as is_changed`,
].join(",\n    ")

const taken = (columns: ReadonlyArray<string>, condition: string): ReadonlyArray<string> =>
  columns.map((column) => `${column} = case when i.${condition} then i.${column} else u.${column} end`)

const assignments = [
  ...taken(comparedColumns, "takes_columns"),
  ...taken(placeColumns, "takes_place"),
  "updated = u.updated or i.differs or i.is_changed",
  "migrated_at = now()",
  ...taken(["updated_instant", "file_id", "byte_offset"], "takes_version"),
].join(",\n    ")

/** The names of parameters in SQL. */
export interface UpsertParameters {
  /** Of `userArrays`. */
  readonly users: ReadonlyArray<string>
  /** Of the texts of `extra`; undefined: no row has one. */
  readonly extra: string | undefined
  /** Of `placeArrays`; undefined: no row has a place. */
  readonly places: ReadonlyArray<string> | undefined
  /** Of the only e-mails that can be stored, and their rows' numbers, from 1; undefined: all can be. */
  readonly lookedUp: { readonly emails: string; readonly numbers: string } | undefined
}

export interface UpsertOptions {
  readonly parameters: UpsertParameters
  /** Whether an equal row takes a later position (see `UserShare.isAhead`), in SQL. */
  readonly isAhead: string
  /**
   * New e-mails that another transaction has inserted meanwhile are left out, and the numbers of missing rows are
   * returned. Otherwise the statement fails on them, and is a tenth faster.
   */
  readonly isGuarded: boolean
}

const emailsOf = ({ users }: UpsertParameters): string => `${users[fieldColumns.indexOf("email")]!}::text[]`

/** A function in a select list streams its rows: `from unnest(...)` stores them first, at twice the cost. */
const unnest = (parameter: string, type: string): string => `unnest(${parameter}::${type}[])`

/** The rows of the arrays, numbered, with their places. */
const incoming = (parameters: UpsertParameters): string => {
  const { extra, places, users } = parameters
  const columns = [
    `generate_series(1::bigint, cardinality(${emailsOf(parameters)})) as number`,
    ...userParameters.map(([name, type], index) => `${unnest(users[index]!, type)} as ${name}`),
    `${extra === undefined ? "null" : unnest(extra, "text")}::jsonb as extra`,
    ...placeColumns.map((name, index) => {
      const type = placeType(name)
      return `${places === undefined ? `null::${type}` : unnest(places[index]!, type)} as ${name}`
    }),
  ]
  return `select ${columns.join(", ")}`
}

/** The e-mails that are looked up, with their numbers. */
const lookedUp = (parameters: UpsertParameters): string =>
  parameters.lookedUp === undefined
    ? `unnest(${emailsOf(parameters)}) with ordinality as i (email, number)`
    : `unnest(${parameters.lookedUp.emails}::text[], ${parameters.lookedUp.numbers}::bigint[]) as i (email, number)`

/** The numbers of rows that should have been written and were not. */
const missing = (rows: string): string => `
  (select array(
    select number from compared
    where case when id is null then (file_id, byte_offset) not in (select file_id, byte_offset from inserted)
      else is_other and is_newer and number not in (select number from changed) end
    union all
    select number from (${rows}) i
    where not (select is_many from extent) and number not in (select number from stored)
      and (file_id, byte_offset) not in (select file_id, byte_offset from inserted)
  )::float8[]) as missing`

const insertedColumns = [...userColumns, ...placeColumns, "updated_instant", "byte_offset", "differs", "file_id"].join(
  ", ",
)

/**
 * The upsert of a chunk's winners, which come in e-mail order, as the tables of a `with`: the last, `outcome`, has one
 * row. It reads the stored rows first: an equal row costs a read and no write, and is not materialized. It locks the rows
 * that it will change in e-mail order, before it inserts: two runs at once must not deadlock. The outcome is how many rows
 * were inserted, updated, unchanged and stale. A sum that is short means that another transaction came between, or that a
 * trigger of the table kept rows out: where the statement is guarded, `missing` has the numbers of these rows, from 1.
 * `gained` has the outcome by file, but for those that are unchanged.
 *
 * Where few of the e-mails are `stored`, as usual in a first load, the others go from the arrays into the table;
 * otherwise it is cheaper to join all of them once, and to keep the new ones until the stored ones are changed.
 */
export const upsertUsers = ({ isAhead, isGuarded, parameters }: UpsertOptions): string => {
  const emails = emailsOf(parameters)
  const rows = incoming(parameters)
  return `
stored as materialized (
  select i.number from ${lookedUp(parameters)} join users u on u.email = i.email
  limit cardinality(${emails}) / 16 + 1
), extent as materialized (
  select count(*) as size, count(*) > cardinality(${emails}) / 16 as is_many from stored
), matched as (
  select u.id, u.updated as is_updated, ${isNewer} as is_newer, ${isOther} as is_other, ${fillsPlace} as fills_place,
    ${isLater(isAhead)} as is_later, i.*
  from (${rows}) i left join users u on u.email = i.email
  where (select size > 0 from extent) and ((select is_many from extent) or i.number in (select number from stored))
  -- Each expression is evaluated once.
  offset 0
), compared as materialized (
  select * from (
    select (is_other and (is_newer or not is_updated)) or (differs and not is_updated) or fills_place
      or (not is_other and is_later) as is_written, i.*
    from matched i
  ) i
  where id is null or is_other or is_written
), locked as materialized (
  select i.*,
    ${takes}
  from compared i join users u on u.id = i.id where i.is_written order by u.email collate "C" for update of u
), changed as (
  update users u set
    ${assignments}
  from locked i where u.id = i.id
  returning i.number, i.file_id, i.is_other, i.is_newer, u.file_id = i.file_id and u.byte_offset = i.byte_offset as is_taken
), inserted as (
  insert into users (${[...userColumns, ...placeColumns].join(", ")}, updated_instant, byte_offset, updated, file_id, migrated_at)
  select ${insertedColumns}, now() from (
    (select ${insertedColumns} from (${rows}) i
      where not (select is_many from extent) and number not in (select number from stored))
    union all
    (select ${insertedColumns} from compared where id is null order by email collate "C")
  ) i
  where (select count(*) from changed) >= 0
  ${isGuarded ? "on conflict (email) do nothing" : ""}
  returning file_id${isGuarded ? ", byte_offset" : ""}
), counted as (
  select count(*) filter (where id is null or is_other) as unequal,
    count(*) filter (where id is not null and is_other and not is_newer) as older
  from compared
), written as (
  select count(*) filter (where is_taken) as taken, count(*) filter (where not is_taken) as overtaken
  from changed where is_other and is_newer
), gained as (
  select file_id, ${["inserted", "updated", "stale"].map((name) => `count(*) filter (where outcome = '${name}')::integer as ${name}`).join(", ")}
  from (
    select file_id, 'inserted' as outcome from inserted
    union all select file_id, case when is_taken then 'updated' else 'stale' end from changed where is_other and is_newer
    union all select file_id, 'stale' from compared where id is not null and is_other and not is_newer
  ) ended
  group by file_id
), outcome as (
  select
    (select count(*) from inserted)::integer as inserted,
    taken::integer as updated,
    (case when is_many then cardinality(${emails}) else size end - unequal)::integer as unchanged,
    (older + overtaken)::integer as stale${isGuarded ? `,${missing(rows)}` : ""}
  from extent, counted, written
)`
}
