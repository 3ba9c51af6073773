import { type UserColumn, userColumns } from "../domain/User.ts"
import { isReplaced } from "./etlFiles.ts"
import { placeColumns, placeType } from "./placeColumns.ts"

/** The columns that files fill, but for the key. */
const fileColumns = userColumns.filter((column) => column !== "email")

/** Days compare as days, also in an adopted table that keeps times of day. */
const stored = (column: UserColumn): string =>
  column === "created_at" || column === "updated_at" ? `u.${column}::date` : `u.${column}`

const version = (table: string, updatedAt: string): string =>
  `(coalesce(${updatedAt}, '-infinity'::date), ${table}.file_id, ${table}.byte_offset)`

/** Last version wins: whether the incoming `i` comes after the stored `u`, or is its record, read by another mapping. */
const isNewer = `${version("i", "i.updated_at")} >= ${version("u", stored("updated_at"))}`

const isOther = `(${fileColumns.map(stored).join(", ")}) is distinct from (${fileColumns.map((column) => `i.${column}`).join(", ")})`

/** The stored address is the incoming one, its place is not known, and now comes with the record. */
const fillsPlace = "(u.ip_address = i.ip_address and u.latitude is null and i.latitude is not null)"

/**
 * While a file with a lower number is unfinished, records of it may come that lie between an equal row and this record:
 * then the row must tell that it was read last here.
 */
const isMoved = `(not ${isOther} and (i.file_id, i.byte_offset) > (u.file_id, u.byte_offset) and (select is_unfinished from earlier))`

/** An address's old place goes with the address. */
const takesPlace = `(case when ${isNewer} then u.ip_address is distinct from i.ip_address or i.latitude is not null else ${fillsPlace} end)`

const assignments = [
  ...fileColumns.map((column) => `${column} = case when ${isNewer} then i.${column} else u.${column} end`),
  ...placeColumns.map((column) => `${column} = case when ${takesPlace} then i.${column} else u.${column} end`),
  `updated = u.updated or i.differs or ${isOther}`,
  "migrated_at = now()",
  `file_id = case when ${isNewer} then i.file_id else u.file_id end`,
  `byte_offset = case when ${isNewer} then i.byte_offset else u.byte_offset end`,
].join(",\n    ")

const arrayTypes: Record<UserColumn, string> = {
  source_id: "text",
  first_name: "text",
  last_name: "text",
  email: "text",
  gender: "text",
  ip_address: "text",
  created_at: "date",
  updated_at: "date",
  password: "text",
  status: "boolean",
}

const parameters: ReadonlyArray<readonly [name: string, type: string]> = [
  ...userColumns.map((column) => [column, arrayTypes[column]] as const),
  ["byte_offset", "bigint"],
  ["differs", "boolean"],
]

const placeParameters: ReadonlyArray<readonly [name: string, type: string]> = placeColumns.map((column) => [
  column,
  placeType(column),
])

const namesOf = (columns: ReadonlyArray<readonly [name: string, type: string]>): ReadonlyArray<string> =>
  columns.map(([name]) => name)

export interface UpsertOptions {
  /** Places are among the parameters. */
  readonly hasPlaces: boolean
  /** Places that the service has told before are used in the statement itself; also while it is asked again. */
  readonly remembers: boolean
  /**
   * New e-mails that another transaction has inserted meanwhile are left out; else the statement fails, which makes it a
   * tenth faster.
   */
  readonly isGuarded: boolean
}

const incoming = ({ hasPlaces }: UpsertOptions): string => {
  const arrays = hasPlaces ? [...parameters, ...placeParameters] : parameters
  const places = hasPlaces
    ? namesOf(placeParameters)
    : placeParameters.map(([name, type]) => `null::${type} as ${name}`)
  return `
  select ${[...namesOf(parameters), ...places].join(", ")}, $1::integer as file_id
  from unnest(${arrays.map(([, type], index) => `$${index + 2}::${type}[]`).join(", ")}) as t (${namesOf(arrays).join(", ")})`
}

const withRemembered = `
  select ${[
    ...namesOf(parameters).map((name) => `r.${name}`),
    ...placeColumns.map((name) => `case when r.latitude is null then l.${name} else r.${name} end as ${name}`),
  ].join(", ")}, r.file_id
  from raw r left join ip_locations l on l.address = r.ip_address and l.latitude is not null`

/**
 * The upsert of a chunk's winners. It reads what is stored first, so that equal rows cost a read and no write; locks
 * the rows that it will change in e-mail order, before it inserts (two runs at once must not deadlock); and tells how
 * many were inserted, updated, unchanged, stale. A sum that is short means that another transaction came between.
 * Parameters: the file's number; arrays of the users' columns, the byte offsets and whether a user's records differ;
 * and of the places where they are given.
 */
export const upsertUsers = (options: UpsertOptions): string => `
with ${
  options.remembers
    ? `raw as materialized (${incoming(options)}), input as materialized (${withRemembered})`
    : `input as materialized (${incoming(options)})`
}, earlier as materialized (
  select exists (
    select from etl_files f where f.loaded_at is null and f.id < $1
      and not ${isReplaced("f")}
  ) as is_unfinished
), compared as materialized (
  select i.*, u.id, ${isNewer} as is_newer, ${isOther} as is_other,
    (${isOther} and (${isNewer} or not u.updated)) or (i.differs and not u.updated) or ${fillsPlace}
      or ${isMoved} as is_written
  from input i left join users u on u.email = i.email
), locked as materialized (
  select i.* from compared i join users u on u.id = i.id where i.is_written order by u.email collate "C" for update of u
), changed as (
  update users u set
    ${assignments}
  from locked i where u.id = i.id
  returning i.is_other, i.is_newer, u.file_id = i.file_id and u.byte_offset = i.byte_offset as is_taken
), inserted as (
  insert into users (${[...userColumns, ...placeColumns].join(", ")}, byte_offset, updated, file_id, migrated_at)
  select ${[...userColumns, ...placeColumns].map((name) => `i.${name}`).join(", ")}, i.byte_offset, i.differs, i.file_id, now()
  from compared i
  where i.id is null and (select count(*) from changed) >= 0
  order by i.email collate "C"
  ${options.isGuarded ? "on conflict (email) do nothing" : ""}
  returning 1
)
select
  (select count(*) from inserted)::integer as inserted,
  (select count(*) from changed where is_other and is_newer and is_taken)::integer as updated,
  (select count(*) from compared where id is not null and not is_other)::integer as unchanged,
  ((select count(*) from compared where id is not null and is_other and not is_newer)
    + (select count(*) from changed where is_other and is_newer and not is_taken))::integer as stale`
