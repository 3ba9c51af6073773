// A file of a source: what identifies it, how its name is read, and in which order files come.

import { Runtime, Schema } from "effect"
import type { Format } from "./Format.ts"

/**
 * A file is known by its `uri` and `fingerprint`: a changed file is another file. Fields may be getters, which
 * `{ ...file }` leaves out.
 */
export interface SourceFile {
  /** Local: the absolute path, symlinks resolved. S3: `s3://bucket/key`. */
  readonly uri: string
  /** The last part of the URI, for messages. */
  readonly name: string
  /** Changes when the bytes do: the ETag, or size and modification time. */
  readonly fingerprint: string
  /** Bytes as stored, compressed or not; 0 where they are not counted before they are read. */
  readonly size: number
  /** Its bytes are not compressed, which the source knows without reading them. */
  readonly isPlain?: boolean
  /** How it is written, which the source knows: its header comes first, and is not waited for. */
  readonly format?: Format
  /** A symbolic link of the folder leads to it, which another user may have planted: no message quotes its text. */
  readonly isLinked?: boolean
  /** Why it cannot be read, where its listing already shows that; the other files can be. */
  readonly problem?: SourceError
}

/**
 * Why, where a program can do something about it.
 *
 * - `notFound`: no file or directory has this path. `noFile`: the source has no CSV file, or none that its pattern takes.
 *   `noBucket`: no such bucket. `pattern`: the pattern is invalid, or was given with one file.
 * - `forbidden`: this user, or these credentials, may not read. `needsCredentials`: reading requires credentials.
 *   `noCredentials`: none were found. `refusedCredentials`: they are not valid.
 * - `changed`: the file is no longer the one that was listed, or is gone. `damaged`: its bytes are not whole.
 *   `checksum`: bytes that were read, and may be loaded, were damaged on their way.
 * - `header`: its header cannot be used; `cause` is the `HeaderError`.
 * - `stream`: the stream of its records failed; `cause` is that error. `record`: one of them cannot be written as CSV.
 * - `invalidEndpoint`, `unreachable`, `otherRegion`, `notS3`: the store is none, cannot be reached, has the bucket in
 *   another region, or does not answer as S3 does. `tooManyKeys`: it lists more than is read.
 */
const SourceReason = Schema.Literals([
  "notFound",
  "noFile",
  "noBucket",
  "pattern",
  "forbidden",
  "needsCredentials",
  "noCredentials",
  "refusedCredentials",
  "changed",
  "damaged",
  "checksum",
  "header",
  "stream",
  "record",
  "invalidEndpoint",
  "unreachable",
  "otherRegion",
  "notS3",
  "tooManyKeys",
])
export type SourceReason = typeof SourceReason.Type

/** Files could not be listed, or one of them could not be read to its end. */
export class SourceError extends Schema.TaggedError<SourceError>()("SourceError", {
  operation: Schema.Literals(["list", "read"]),
  uri: Schema.String,
  reason: Schema.optionalKey(SourceReason),
  message: Schema.String,
  /** Values of the file that show why, for a terminal, not for a log: short, no e-mail or password. */
  shown: Schema.optionalKey(Schema.Redacted(Schema.String)),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override readonly [Runtime.errorExitCode] = this.reason === "pattern" ? 2 : 5
}

/** UTF-16 sorts surrogates (code points from 0x10000 on) before 0xE000 to 0xFFFF; UTF-8 sorts them after. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/** Name order: by UTF-8 bytes (equal to code points), the same on every machine, and that of S3's listings. */
export const compareNames = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

export const byName = (a: SourceFile, b: SourceFile): number => compareNames(a.uri, b.uri)
