// Records and users for tests.

import { Record, Result, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { plainFormat } from "../../src/domain/Format.ts"
import { fieldColumns, fileColumns } from "../../src/domain/fileColumns.ts"
import { type Share, shares } from "../../src/domain/Lane.ts"
import type { Reason } from "../../src/domain/Reject.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { type MappedRecord, type User, userColumns } from "../../src/domain/User.ts"
import { userDecoder } from "../../src/domain/userDecoder.ts"
import { ip } from "./addresses.ts"
import { updateTexts, type Version, versionAt, versionOf } from "./updates.ts"

/** Few e-mails, days and values, so that versions of a user collide in every way. */
export const SmallUser = Schema.Struct({
  email: Schema.Literals(["a@example.com", "b@example.com", "c@example.com", "d@example.com"]),
  first_name: Schema.NullOr(Schema.Literals(["Ada", "Bo"])),
  updated_at: Schema.NullOr(Schema.Literals(["2020-01-01", "2020-01-02"])),
  ip_address: Schema.NullOr(Schema.Literals(["8.8.8.8", "9.9.9.9"])),
  status: Schema.NullOr(Schema.Boolean),
  // PostgreSQL stores the shorter name first.
  extra: Schema.NullOr(Schema.Literals(['{"b":"1"}', '{"aa":"2","b":"1"}'])),
})

/** The same with a text of `updated_at`: versions of one day collide, and versions of one instant. */
export const SmallVersion = Schema.Struct({ ...SmallUser.fields, updated_at: Schema.Literals(updateTexts) })
export type SmallVersion = typeof SmallVersion.Type

/** A record with an e-mail and nothing else. */
export const blankRecord: MappedRecord = { ...Record.map(fileColumns, () => ""), email: "a@example.com" }

const onlyEmail = ColumnMapping.make({ email: "email" })

/** The user of a record, of a plain file unless a format is given. */
export const decodeUser = (record: MappedRecord, format = plainFormat): Result.Result<User, ReadonlyArray<Reason>> =>
  Result.map(userDecoder(onlyEmail, format)(record), ({ user }) => user)

const blankUser = Result.getOrThrow(decodeUser(blankRecord))

/** A user with these values; the address is given as text. */
export const makeUser = ({ ip_address, ...fields }: MadeUser): User => ({
  ...blankUser,
  ...fields,
  ip_address: ip_address === undefined || ip_address === null ? null : ip(ip_address),
})

export const makeVersion = ({ updated_at, ...fields }: SmallVersion): Version => versionAt(makeUser(fields), updated_at)

type MadeUser = Partial<Omit<User, "ip_address">> & { readonly ip_address?: string | null }

/** The columns in which versions of a user can differ. */
export const comparedColumns = userColumns.filter((column) => column !== "email")

/** A record with text in each of the columns. */
export const filledRecord: MappedRecord = {
  ...Record.map(fileColumns, ({ type }, column) =>
    type === "date" ? "2024-02-29" : type === "boolean" ? "yes" : column,
  ),
  extra: '{"Tags (2)":"a","phone":"1"}',
  email: "a@example.com",
  ip_address: "8.8.8.8",
}

export const filledUser: User = Result.getOrThrow(decodeUser(filledRecord))

/** A line of a file whose header is `fieldColumns`. */
export const csvLine = (fields: Partial<MappedRecord>): string =>
  fieldColumns.map((column) => fields[column] ?? "").join(",")

export const header = new TextEncoder().encode("email,first_name")

const position = (index: number) => ({ byteOffset: 10 + index * 10, line: index + 2 })

/** Where the first record of `shareVersions` starts. */
export const start = position(0)

/** Chunks of one file, each a share of all lanes: ten bytes per record, after a header of ten bytes. */
export const shareVersions = (versions: ReadonlyArray<Version>, size: number): ReadonlyArray<Share> => {
  return Array.from({ length: Math.ceil(versions.length / size) }, (_, number) => {
    const first = number * size
    const part = versions.slice(first, first + size)
    const chunk = {
      rows: RowSet.of(
        part.map((version, index) => ({ ...version, fileId: 1, ...position(first + index), raw: header })),
      ).rows,
      rejects: [],
      from: position(first),
      to: position(first + part.length),
      header,
      format: plainFormat,
      isLast: false,
    }
    return shares(chunk, 1, [])[0]!
  })
}

/** The same of users whose `updated_at` is a date alone. */
export const makeShares = (users: ReadonlyArray<User>, size: number): ReadonlyArray<Share> =>
  shareVersions(users.map(versionOf), size)
