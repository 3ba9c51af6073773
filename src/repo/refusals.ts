import { Data, Effect } from "effect"
import { SqlError } from "effect/sql/SqlError"
import type { UserRecord } from "../domain/Chunk.ts"
import { sqlState } from "../domain/DatabaseError.ts"
import type { Reason, Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"

/** What became of a chunk's users. */
export interface Written {
  readonly counts: RecordCounts
  readonly refused: ReadonlyArray<Reject>
}

/**
 * Rows that should have been written are not, and PostgreSQL has no complaint: another transaction wrote the same users
 * meanwhile, or a trigger or rule that somebody added to the table keeps them out.
 */
export class NotWritten extends Data.TaggedError("NotWritten") {}

export const isNotWritten = (error: unknown): error is NotWritten => error instanceof NotWritten

/** Classes 22 (data) and 23 (constraints), and what a trigger raises: a record's fault. All else is the database's. */
const aboutRecords = /^(22|23|P0001)/

/** Whether PostgreSQL refused what was written, not to write. */
export const isRefusal = (error: unknown): error is SqlError =>
  error instanceof SqlError && aboutRecords.test(sqlState(error) ?? "")

/** Code points of a trigger's message that are kept. It may be of any length, for each record of a chunk. */
const maxMessage = 1_000

/** Joined anew: a slice would keep the whole text in memory. */
const cut = (text: string): string => {
  if (text.length <= maxMessage) return text
  const kept = Array.from(text.slice(0, 2 * maxMessage)).slice(0, maxMessage)
  return `${kept.join("")}... (cut)`
}

const field = (cause: unknown, name: string): string | undefined =>
  cause instanceof Error && name in cause ? cut(String((cause as unknown as Record<string, unknown>)[name])) : undefined

const toReason = (error: SqlError | NotWritten): Reason => {
  if (error._tag === "NotWritten") {
    return { column: null, message: "is refused by PostgreSQL: a trigger or rule of the table keeps it out" }
  }
  const { cause } = error.reason
  return {
    column: field(cause, "column") ?? null,
    message: `is refused by PostgreSQL (SQLSTATE ${sqlState(error)})`,
    detail: field(cause, "message") ?? "no reason given",
  }
}

const toReject = (record: UserRecord, error: SqlError | NotWritten): Reject => ({
  byteOffset: record.byteOffset,
  line: record.line,
  raw: record.raw,
  length: record.raw.length,
  reasons: [toReason(error)],
})

const add = (left: Written, right: Written): Written => ({
  counts: addCounts(left.counts, right.counts),
  refused: [...left.refused, ...right.refused],
})

/**
 * Writes records of which the database refuses some: halves them, in their order, until each that is refused stands
 * alone. `write` writes all of the records it is given, or fails and leaves nothing.
 */
export const writeAcceptable = <E, R>(
  records: ReadonlyArray<UserRecord>,
  write: (records: ReadonlyArray<UserRecord>) => Effect.Effect<RecordCounts, E, R>,
): Effect.Effect<Written, Exclude<E, NotWritten>, R> => {
  const writePart = (part: ReadonlyArray<UserRecord>): Effect.Effect<Written, Exclude<E, NotWritten>, R> =>
    write(part).pipe(
      Effect.map((counts): Written => ({ counts, refused: [] })),
      Effect.catch((error) => {
        if (!isRefusal(error) && !isNotWritten(error)) return Effect.fail(error as Exclude<E, NotWritten>)
        if (part.length > 1) return writeHalves(part)
        return Effect.succeed({ counts: { ...noRecords, read: 1, rejected: 1 }, refused: [toReject(part[0]!, error)] })
      }),
    )
  const writeHalves = (part: ReadonlyArray<UserRecord>) => {
    const middle = Math.ceil(part.length / 2)
    return Effect.zipWith(writePart(part.slice(0, middle)), writePart(part.slice(middle)), add)
  }
  return writeHalves(records)
}
