// Reads bytes as a run does, up to chunks, and shows what is in them.

import { Stream } from "effect"
import type { Chunk } from "../../src/domain/Chunk.ts"
import type { ColumnMapping } from "../../src/domain/ColumnMapping.ts"
import { chunk } from "../../src/csv/chunkRecords.ts"
import { decode } from "../../src/csv/decodeRecords.ts"
import { frame, type FrameOptions } from "../../src/csv/frameRecords.ts"
import type { SourceFile } from "../../src/domain/SourceFile.ts"

export const file = { uri: "s3://bucket/users.csv", name: "users.csv", fingerprint: "1", size: 1 }

export const mapping: ColumnMapping = new Map([
  ["email", "email"],
  ["name", "first_name"],
])

export interface ReadOptions extends FrameOptions {
  readonly chunkSize: number
}

/** The stages from bytes to chunks. */
export const readChunks =
  (file: SourceFile, options: ReadOptions) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>) =>
    bytes.pipe(frame(file, options), decode(1), chunk(options.chunkSize))

/** The chunks of a file with these bytes, which arrive in pieces of that size. */
export const read = (
  content: string | Uint8Array,
  options: Partial<ReadOptions> = {},
  pieces = 262_144,
  uri = file.uri,
  listed: Partial<SourceFile> = {},
) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  const parts: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length; start += pieces) parts.push(bytes.subarray(start, start + pieces))
  return Stream.fromIterable(parts).pipe(
    readChunks(
      { ...file, uri, ...listed },
      {
        mapping,
        delimiter: ",",
        chunkSize: 1000,
        maxRecordSize: 1_048_576,
        resume: undefined,
        ...options,
      },
    ),
    Stream.runCollect,
  )
}

export const users = (chunks: ReadonlyArray<Chunk>) =>
  chunks.flatMap((chunk) => chunk.users.map(({ user }) => [user.email, user.first_name]))

export const rejects = (chunks: ReadonlyArray<Chunk>) =>
  chunks.flatMap((chunk) => chunk.rejects.map(({ line, reasons }) => [line, reasons.map(({ message }) => message)]))
