// What to do when PostgreSQL refuses records: each refused one becomes a reject, the others are written.

import { Data, Effect } from "effect"
import { SqlError } from "effect/sql/SqlError"
import type { UserRecord } from "../../domain/UserRecord.ts"
import { sqlState } from "../../domain/DatabaseError.ts"
import type { Reason } from "../../domain/Reject.ts"
import type { Refusal, UpsertOutcome } from "../../repo/UserRepo.ts"

/** How many winners ended in each way. */
export type UserCounts = Omit<UpsertOutcome, "refused">

/**
 * Rows are missing although PostgreSQL reports no error: another transaction wrote the same users meanwhile, or a
 * trigger or policy of the table keeps them out. `missing`: the records of these rows, where they are known.
 */
export class NotWritten extends Data.TaggedError("NotWritten")<{ readonly missing: ReadonlyArray<Position> }> {}

/** Where a record is. */
export type Position = Pick<UserRecord, "fileId" | "byteOffset">

export const isNotWritten = (error: unknown): error is NotWritten => error instanceof NotWritten

/**
 * Errors of records: classes 22 (data) and 23 (constraints), a value that is too long for an index (54000), and what a
 * trigger raises. All others are the database's.
 */
const aboutRecords = /^(22|23|54000|P0001)/

/** Whether PostgreSQL refused a record, rather than failed to write. */
export const isRefusal = (error: unknown): error is SqlError =>
  error instanceof SqlError && aboutRecords.test(sqlState(error) ?? "")

/** Code points of a trigger's message that are kept: it may have any length, for each record of a chunk. */
const maxMessage = 1_000

/** Joins copies of the characters: a slice would keep the whole text in memory. */
const cut = (text: string): string => {
  if (text.length <= maxMessage) return text
  const kept = Array.from(text.slice(0, 2 * maxMessage)).slice(0, maxMessage)
  return `${kept.join("")}... (cut)`
}

const field = (cause: unknown, name: string): string | undefined =>
  cause instanceof Error && name in cause ? cut(String((cause as unknown as Record<string, unknown>)[name])) : undefined

const refusedSilently: Reason = {
  column: null,
  message:
    "refused by PostgreSQL without an error: a BEFORE trigger of users returns NULL for it, or a policy hides its row",
}

const toReason = (error: SqlError): Reason => {
  const { cause } = error.reason
  const column = field(cause, "column") ?? null
  return {
    column,
    message: `${column === null ? "" : "was "}refused by PostgreSQL (SQLSTATE ${sqlState(error)})`,
    detail: field(cause, "message") ?? "no reason given",
  }
}

/** What is written of a share: see `UpsertOutcome`. */
interface Written {
  readonly counts: UserCounts
  readonly refused: ReadonlyArray<Refusal>
}

export const noUsers: UserCounts = { inserted: 0, updated: 0, unchanged: 0, stale: 0 }

export const addUsers = (left: UserCounts, right: UserCounts): UserCounts => ({
  inserted: left.inserted + right.inserted,
  updated: left.updated + right.updated,
  unchanged: left.unchanged + right.unchanged,
  stale: left.stale + right.stale,
})

const nothing: Written = { counts: noUsers, refused: [] }

const refuse = (records: ReadonlyArray<UserRecord>, reason: Reason): Written => ({
  counts: noUsers,
  refused: records.map((record) => ({ record, reasons: [reason] })),
})

const add = (left: Written, right: Written): Written => ({
  counts: addUsers(left.counts, right.counts),
  refused: [...left.refused, ...right.refused],
})

/** Names a record: those of several files may be written at once. */
const keyOf = ({ byteOffset, fileId }: Position): string => `${fileId} ${byteOffset}`

/** Another transaction that wrote the same user has ended by then; a trigger has not changed. */
const maxTries = 4

/**
 * Writes records of which the database refuses some. Where it reports an error, they are halved, in their order, until
 * each refused record is alone; where it reports none, the missing rows are written again without the others. An e-mail
 * whose row is refused gets its next best record. `write` writes all of its records, or fails and leaves nothing.
 */
export const writeAcceptable = <E, R>(
  records: ReadonlyArray<UserRecord>,
  write: (records: ReadonlyArray<UserRecord>) => Effect.Effect<UserCounts, E, R>,
): Effect.Effect<Written, Exclude<E, NotWritten>, R> => {
  type Writing = Effect.Effect<Written, Exclude<E, NotWritten>, R>
  const tries = new Map<string, number>()
  const isLastTry = (key: string): boolean => {
    const count = (tries.get(key) ?? 0) + 1
    tries.set(key, count)
    return count >= maxTries
  }

  const writePart = (part: ReadonlyArray<UserRecord>): Writing =>
    part.length === 0
      ? Effect.succeed(nothing)
      : write(part).pipe(
          Effect.map((counts): Written => ({ counts, refused: [] })),
          Effect.catch((error): Writing => {
            if (isNotWritten(error)) return writeMissing(part, error.missing)
            if (!isRefusal(error)) return Effect.fail(error as Exclude<E, NotWritten>)
            return part.length > 1 ? writeHalves(part) : Effect.succeed(refuse(part, toReason(error)))
          }),
        )

  const writeMissing = (part: ReadonlyArray<UserRecord>, missing: ReadonlyArray<Position>): Writing => {
    const keys = new Set(missing.map(keyOf))
    const rows = part.filter((record) => keys.has(keyOf(record)))
    if (rows.length === 0)
      return Effect.die(new Error("PostgreSQL did not write all rows, and which are missing is unknown"))
    const emails = new Set(rows.map(({ user }) => user.email))
    const refused = new Set(rows.filter((record) => isLastTry(keyOf(record))))
    const others = part.filter(({ user }) => !emails.has(user.email))
    const left = part.filter((record) => emails.has(record.user.email) && !refused.has(record))
    return Effect.zipWith(writePart(others), writePart(left), add).pipe(
      Effect.map((written) => add(written, refuse([...refused], refusedSilently))),
    )
  }

  const writeHalves = (part: ReadonlyArray<UserRecord>): Writing => {
    const middle = Math.ceil(part.length / 2)
    return Effect.zipWith(writePart(part.slice(0, middle)), writePart(part.slice(middle)), add)
  }

  return writePart(records)
}
