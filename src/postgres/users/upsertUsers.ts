// The statement that upserts a chunk's users.

import { fileColumns } from "../../domain/fileColumns.ts"
import { type UserColumn, userColumns } from "../../domain/User.ts"
import { placeColumns, placeType } from "../locations/placeColumns.ts"
import { userParameters } from "./userArrays.ts"

/** The columns in which versions of a user can differ: all except the key. */
const comparedColumns = userColumns.filter((column) => column !== "email")

/** A stored column for comparison; an adopted table may keep a time of day with a day. */
const stored = (column: UserColumn): string =>
  fileColumns[column].type === "date" ? `u.${column}::date` : `u.${column}`

const version = (table: string, updatedAt: string): string =>
  `(coalesce(${updatedAt}, '-infinity'::date), ${table}.file_id, ${table}.byte_offset)`

/**
 * Last version wins: whether the incoming `i` is later than the stored `u`, or the same record under another mapping.
 */
const isNewer = `${version("i", "i.updated_at")} >= ${version("u", stored("updated_at"))}`

const isOther = `(${comparedColumns.map(stored).join(", ")}) is distinct from (${comparedColumns.map((column) => `i.${column}`).join(", ")})`

/** The address is unchanged, has no place yet, and the record brings one. */
const fillsPlace = "(u.ip_address = i.ip_address and u.latitude is null and i.latitude is not null)"

/** A new address takes its own place or none: the old place goes with the old address. */
const takesPlace = `(case when ${isNewer} then u.ip_address is distinct from i.ip_address or i.latitude is not null else ${fillsPlace} end)`

const assignments = [
  ...comparedColumns.map((column) => `${column} = case when ${isNewer} then i.${column} else u.${column} end`),
  ...placeColumns.map((column) => `${column} = case when ${takesPlace} then i.${column} else u.${column} end`),
  `updated = u.updated or i.differs or ${isOther}`,
  "migrated_at = now()",
  `file_id = case when ${isNewer} then i.file_id else u.file_id end`,
  `byte_offset = case when ${isNewer} then i.byte_offset else u.byte_offset end`,
].join(",\n    ")

const placeParameters: ReadonlyArray<readonly [name: string, type: string]> = placeColumns.map((column) => [
  column,
  placeType(column),
])

export interface UpsertOptions {
  /** Places are among the parameters. */
  readonly hasPlaces: boolean
  /**
   * New e-mails that another transaction has inserted meanwhile are left out, and the numbers of missing rows are
   * returned. Otherwise the statement fails on them, and is a tenth faster.
   */
  readonly isGuarded: boolean
}

/** A function in a select list streams its rows: `from unnest(...)` stores them first, at twice the cost. */
const unnested = (columns: ReadonlyArray<readonly [name: string, type: string]>): string =>
  columns.map(([name, type], index) => `unnest($${index + 2}::${type}[]) as ${name}`).join(", ")

const emails = `$${userColumns.indexOf("email") + 2}::text[]`

const numbers = `generate_series(1::bigint, cardinality(${emails})) as number`

/** The rows of the arrays, numbered, with their places. */
const incoming = ({ hasPlaces }: UpsertOptions): string =>
  hasPlaces
    ? `select ${numbers}, ${unnested([...userParameters, ...placeParameters])}`
    : `select ${[numbers, unnested(userParameters), ...placeParameters.map(([name, type]) => `null::${type} as ${name}`)].join(", ")}`

/** The numbers of rows that should have been written and were not. */
const missing = (options: UpsertOptions): string => `
  (select array(
    select number from compared
    where case when id is null then (file_id, byte_offset) not in (select file_id, byte_offset from inserted)
      else is_other and is_newer and number not in (select number from changed) end
    union all
    select number from (${incoming(options)}) i
    where not (select is_many from extent) and number not in (select number from stored)
      and (file_id, byte_offset) not in (select file_id, byte_offset from inserted)
  )::float8[]) as missing`

const insertedColumns = [...userColumns, ...placeColumns, "byte_offset", "differs", "file_id"].join(", ")

/**
 * The upsert of a chunk's winners, which come in e-mail order. It reads the stored rows first, so that an equal row
 * costs a read and no write, and is not materialized. It locks the rows that it will change in e-mail order, before it
 * inserts: two runs at once must not deadlock. It returns how many rows were inserted, updated, unchanged and stale. A
 * sum that is short means that another transaction came between, or that a trigger of the table kept rows out: where
 * the statement is guarded, `missing` has the numbers of these rows, from 1.
 *
 * Where few of the e-mails are `stored`, as usual in a first load, the others go from the arrays into the table;
 * otherwise it is cheaper to join all of them once, and to keep the new ones until the stored ones are changed.
 *
 * Parameters: whether an equal row takes a later position (see `UserShare.isAhead`); `userArrays`; with places
 * `placeArrays`.
 */
export const upsertUsers = (options: UpsertOptions): string => `
with stored as materialized (
  select i.number from unnest(${emails}) with ordinality as i (email, number) join users u on u.email = i.email
  limit cardinality(${emails}) / 16 + 1
), extent as materialized (
  select count(*) as size, count(*) > cardinality(${emails}) / 16 as is_many from stored
), matched as (
  select u.id, u.updated as is_updated, ${isNewer} as is_newer, ${isOther} as is_other, ${fillsPlace} as fills_place,
    (i.file_id, i.byte_offset) > (u.file_id, u.byte_offset) as is_later, i.*
  from (${incoming(options)}) i left join users u on u.email = i.email
  where (select size > 0 from extent) and ((select is_many from extent) or i.number in (select number from stored))
  -- Each expression is evaluated once.
  offset 0
), compared as materialized (
  select * from (
    select (is_other and (is_newer or not is_updated)) or (differs and not is_updated) or fills_place
      or (not is_other and is_later and $1::boolean) as is_written, i.*
    from matched i
  ) i
  where id is null or is_other or is_written
), locked as materialized (
  select i.* from compared i join users u on u.id = i.id where i.is_written order by u.email collate "C" for update of u
), changed as (
  update users u set
    ${assignments}
  from locked i where u.id = i.id
  returning i.number, i.is_other, i.is_newer, u.file_id = i.file_id and u.byte_offset = i.byte_offset as is_taken
), inserted as (
  insert into users (${[...userColumns, ...placeColumns].join(", ")}, byte_offset, updated, file_id, migrated_at)
  select ${insertedColumns}, now() from (
    (select ${insertedColumns} from (${incoming(options)}) i
      where not (select is_many from extent) and number not in (select number from stored))
    union all
    (select ${insertedColumns} from compared where id is null order by email collate "C")
  ) i
  where (select count(*) from changed) >= 0
  ${options.isGuarded ? "on conflict (email) do nothing" : ""}
  returning ${options.isGuarded ? "file_id, byte_offset" : "1"}
), counted as (
  select count(*) filter (where id is null or is_other) as unequal,
    count(*) filter (where id is not null and is_other and not is_newer) as older
  from compared
), written as (
  select count(*) filter (where is_taken) as taken, count(*) filter (where not is_taken) as overtaken
  from changed where is_other and is_newer
)
select
  (select count(*) from inserted)::integer as inserted,
  taken::integer as updated,
  (case when is_many then cardinality(${emails}) else size end - unequal)::integer as unchanged,
  (older + overtaken)::integer as stale${options.isGuarded ? `,${missing(options)}` : ""}
from extent, counted, written`
