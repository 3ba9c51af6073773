import type { PgTypes } from "@effect/sql-pg"
import type { Winner } from "../../domain/Chunk.ts"
import { type UserColumn, userColumns } from "../../domain/User.ts"
import { booleans, days, integers, texts } from "../arrays.ts"

const elementTypes: Record<UserColumn, "text" | "date" | "boolean"> = {
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

/** What `userArrays` gives, in its order. */
export const userParameters: ReadonlyArray<readonly [name: string, type: string]> = [
  ...userColumns.map((column) => [column, elementTypes[column]] as const),
  ["byte_offset", "bigint"],
  ["differs", "boolean"],
]

/**
 * An array parameter for each of the users' columns, of the byte offsets and of whether a user's records differ. In one
 * pass, with the columns written out: to look them up by a name that varies takes four times as long.
 */
export const userArrays = (rows: ReadonlyArray<Winner>): ReadonlyArray<PgTypes.Parameter> => {
  const sourceIds: Array<string | null> = []
  const firstNames: Array<string | null> = []
  const lastNames: Array<string | null> = []
  const emails: Array<string | null> = []
  const genders: Array<string | null> = []
  const addresses: Array<string | null> = []
  const createdAt: Array<string | null> = []
  const updatedAt: Array<string | null> = []
  const passwords: Array<string | null> = []
  const statuses: Array<boolean | null> = []
  const byteOffsets: Array<number> = []
  const differing: Array<boolean> = []
  for (const { user, byteOffset, differs } of rows) {
    sourceIds.push(user.source_id)
    firstNames.push(user.first_name)
    lastNames.push(user.last_name)
    emails.push(user.email)
    genders.push(user.gender)
    addresses.push(user.ip_address)
    createdAt.push(user.created_at)
    updatedAt.push(user.updated_at)
    passwords.push(user.password)
    statuses.push(user.status)
    byteOffsets.push(byteOffset)
    differing.push(differs === true)
  }
  const columns: Record<UserColumn, PgTypes.Parameter> = {
    source_id: texts(sourceIds),
    first_name: texts(firstNames),
    last_name: texts(lastNames),
    email: texts(emails),
    gender: texts(genders),
    ip_address: texts(addresses),
    created_at: days(createdAt),
    updated_at: days(updatedAt),
    password: texts(passwords),
    status: booleans(statuses),
  }
  return [...userColumns.map((column) => columns[column]), integers(byteOffsets), booleans(differing)]
}
