// Reads bytes as a run does, up to chunks, and shows what is in them.

import { Redacted, Stream } from "effect"
import type { Chunk } from "../../src/domain/Chunk.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import type { UserRecord } from "../../src/domain/UserRecord.ts"
import { chunk } from "../../src/csv/chunkRecords.ts"
import type { HeaderError } from "../../src/csv/HeaderError.ts"
import { decode } from "../../src/csv/decodeRecords.ts"
import { frame, type FrameOptions } from "../../src/csv/frameRecords.ts"

export const mapping = ColumnMapping.make({ email: "email", name: "first_name" })

export interface ReadOptions extends FrameOptions {
  readonly chunkSize: number
}

/** A chunk with its users as objects. */
export interface TypedChunk extends Omit<Chunk, "rows"> {
  readonly users: ReadonlyArray<UserRecord>
}

const typed = ({ rows, ...chunk }: Chunk): TypedChunk => ({ ...chunk, users: RowSet.all(rows).records })

/** The stages from bytes to chunks. */
export const readChunks =
  (options: ReadOptions) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>) =>
    bytes.pipe(frame(options), decode, chunk(options.chunkSize), Stream.map(typed))

/** The chunks of a file with these bytes, which arrive in pieces of that size. */
export const read = (content: string | Uint8Array, options: Partial<ReadOptions> = {}, pieces = 262_144) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  const parts: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length; start += pieces) parts.push(bytes.subarray(start, start + pieces))
  return Stream.fromIterable(parts).pipe(
    readChunks({
      mapping,
      format: { delimiter: "," },
      chunkSize: 1000,
      maxRecordSize: 1_048_576,
      resume: undefined,
      ...options,
    }),
    Stream.runCollect,
  )
}

export const users = (chunks: ReadonlyArray<TypedChunk>) =>
  chunks.flatMap((chunk) => chunk.users.map(({ user }) => [user.email, user.first_name]))

export const rejects = (chunks: ReadonlyArray<Pick<Chunk, "rejects">>) =>
  chunks.flatMap((chunk) => chunk.rejects.map(({ line, reasons }) => [line, reasons.map(({ message }) => message)]))

/** What a terminal prints of an error: its message, and the values that show it. */
export const messageOf = ({ message, shown }: HeaderError): string =>
  shown === undefined ? message : `${message} ${Redacted.value(shown)}`
