import { Runtime, Schema } from "effect"

/**
 * One CSV object of a source. Its identity is `uri` and `fingerprint`: a changed file is another file. Fields may be
 * getters, which `{ ...file }` leaves out.
 */
export interface SourceFile {
  /** Local: the absolute path, symlinks resolved. S3: `s3://bucket/key`. */
  readonly uri: string
  /** The last part of the URI, for people. */
  readonly name: string
  /** Changes when the bytes do: the ETag, or size and modification time. */
  readonly fingerprint: string
  /** Bytes as stored (compressed, for .gz). */
  readonly size: number
  /** A symbolic link of the folder leads to it, which another user may have planted: no message has text of it. */
  readonly isLinked?: boolean
  /** Why it cannot be read, where its listing shows that already; what else is listed can be. */
  readonly problem?: string
}

/** Files could not be listed, or one of them could not be read to its end. */
export class SourceError extends Schema.TaggedError<SourceError>()("SourceError", {
  operation: Schema.Literals(["list", "read"]),
  uri: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override readonly [Runtime.errorExitCode] = 5
}

/** How the names of compressed files end. */
const compressedEndings = [".gz"]

/** How the name says that a file is compressed, such as `.gz`; undefined: it is not. */
export const compressedEnding = (name: string): string | undefined =>
  compressedEndings.find((ending) => name.toLowerCase().endsWith(ending))

/** Whether a folder or a bucket lists the file: .csv or .csv.gz, case ignored. */
export const isCsvName = (name: string): boolean =>
  name
    .slice(0, name.length - (compressedEnding(name)?.length ?? 0))
    .toLowerCase()
    .endsWith(".csv")

/** UTF-16 puts the halves of pairs (code points from 0x10000 on) before 0xE000 to 0xFFFF. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/** Name order: by UTF-8 bytes, which is that of code points, the same on every machine and as S3 lists its keys. */
export const compareNames = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

export const byName = (a: SourceFile, b: SourceFile): number => compareNames(a.uri, b.uri)
