import { isDeepStrictEqual } from "node:util"

// Tells what the tables must be after a load, whatever happened on the way. It shares no code with the program.

/** The file columns of `users` as a record tells them, decoded: dates are YYYY-MM-DD. */
export interface Version {
  readonly email: string
  readonly source_id: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly gender: string | null
  readonly ip_address: string | null
  readonly created_at: string | null
  readonly updated_at: string | null
  readonly password: string | null
  readonly status: boolean | null
  readonly extra: Readonly<Record<string, string>> | null
}

export interface JudgedRecord {
  readonly line: number
  readonly byteOffset: number
  /** Of `updated_at`, in milliseconds since 1970, where a time is written with it. */
  readonly instant?: number | undefined
  /** What the record tells, or the bytes (without the line end) of one that is to be rejected. */
  readonly content: Version | Uint8Array
  /** Columns that are null in it, as their values cannot be used: in the order of their names. */
  readonly blanked?: ReadonlyArray<keyof Version>
}

/** A file of the source; its records in order. */
export interface JudgedFile {
  readonly uri: string
  readonly records: ReadonlyArray<JudgedRecord>
}

/** What a service says of an address; null where it has none. */
export type PlaceOf = (address: string) => object | null

const instantOf = ({ updated_at }: Version, instant: number | undefined): number | null =>
  updated_at === null ? null : (instant ?? Date.parse(updated_at))

/** What must be found, given the files in the order of their names. */
export const expectedTables = (files: ReadonlyArray<JudgedFile>, placeOf: PlaceOf) => {
  const users = new Map<
    string,
    Version & { readonly updated: boolean; readonly place: object | null; readonly instant: number | null }
  >()
  const rejects: Array<object> = []
  const badValues: Array<object> = []
  for (const { uri, records } of files) {
    for (const { line, byteOffset, content, blanked = [], ...written } of records) {
      for (const column of blanked) badValues.push({ uri, line, byte_offset: byteOffset, column })
      if (content instanceof Uint8Array) {
        rejects.push({ uri, line, byte_offset: byteOffset, raw: Buffer.from(content).toString("hex") })
        continue
      }
      const known = users.get(content.email)
      const columns = Object.keys(content) as ReadonlyArray<keyof Version>
      const updated =
        known !== undefined &&
        (known.updated || columns.some((column) => !isDeepStrictEqual(known[column], content[column])))
      const instant = instantOf(content, written.instant)
      const wins = known === undefined || (instant ?? -Infinity) >= (known.instant ?? -Infinity)
      const place = content.ip_address === null ? null : placeOf(content.ip_address)
      users.set(content.email, wins ? { ...content, updated, place, instant } : { ...known, updated })
    }
  }
  const emails = [...users.keys()].sort()
  return {
    users: emails.map((email) => users.get(email)!),
    rejects,
    badValues,
    files: files.map(({ uri, records }) => {
      const read = records.length
      const rejected = records.filter(({ content }) => content instanceof Uint8Array).length
      const blanked = records.reduce((sum, { blanked = [] }) => sum + blanked.length, 0)
      return { uri, loaded: true, read, accounted: read, rejected, blanked }
    }),
    inserted: emails.length,
  }
}

export type Tables = ReturnType<typeof expectedTables>

/** What is found: one row with one column, the tables as JSON. */
export const tablesQuery = `
  select json_build_object(
    'users', (select coalesce(json_agg(u order by u.email collate "C"), '[]') from (
      select email, source_id, first_name, last_name, gender, ip_address, to_char(created_at, 'YYYY-MM-DD') as created_at,
        to_char(updated_at, 'YYYY-MM-DD') as updated_at, password, status, extra, updated,
        case when num_nonnulls(latitude, longitude, country, region, city, timezone, isp_name) > 0 then json_build_object(
          'latitude', latitude, 'longitude', longitude, 'country', country, 'region', region, 'city', city,
          'timezone', timezone, 'isp_name', isp_name) end as place,
        (extract(epoch from updated_instant) * 1000)::float8 as instant
      from users) u),
    'rejects', (select coalesce(json_agg(r order by file_id, byte_offset), '[]') from (
      select f.uri, r.line, r.byte_offset, encode(r.raw, 'hex') as raw, r.file_id
      from etl_rejects r left join etl_files f on f.id = r.file_id) r),
    'badValues', (select coalesce(json_agg(v order by file_id, byte_offset, "column" collate "C"), '[]') from (
      select f.uri, v.line, v.byte_offset, v."column", v.file_id
      from etl_bad_values v left join etl_files f on f.id = v.file_id) v),
    'files', (select coalesce(json_agg(f order by id), '[]') from (
      select id, uri, loaded_at is not null as loaded, read,
        inserted + updated + unchanged + stale + duplicate + rejected as accounted, rejected, blanked
      from etl_files) f),
    'inserted', (select sum(inserted) from etl_files)
  )::text as json`

/** What is told of the runs: the last one's totals decide the exit code. One row with one column. */
export const runsQuery = `
  select coalesce(json_agg(json_build_object('finished', finished_at is not null, 'read', read, 'rejected', rejected)
    order by id), '[]')::text as json
  from etl_runs`

/** The tables of `tablesQuery`'s answer, without the numbers that order them. */
export const foundTables = (json: string): Tables => {
  const { rejects, badValues, files, ...tables } = JSON.parse(json)
  const rest = ({ id: _id, file_id: _file, ...columns }: Record<string, unknown>) => columns
  return { ...tables, rejects: rejects.map(rest), badValues: badValues.map(rest), files: files.map(rest) }
}

/** Rows that are not the same in both, a line each, to be told of a failure. That there are none is not enough. */
export const differences = (expected: Tables, found: Tables): ReadonlyArray<string> => {
  const rows = ({ users, rejects, badValues, files }: Tables) => [...users, ...rejects, ...badValues, ...files]
  const missing = (from: ReadonlyArray<object>, rows: ReadonlyArray<object>, what: string) =>
    rows
      .filter((row) => !from.some((other) => isDeepStrictEqual(row, other)))
      .map((row) => `${JSON.stringify(row)} ${what}`)
  const [right, actual] = [rows(expected), rows(found)]
  return [...missing(actual, right, "is missing"), ...missing(right, actual, "is there instead")].sort()
}
