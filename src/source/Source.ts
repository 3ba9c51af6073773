// The source of a run: the contract.

import { Context, type Effect, type Stream } from "effect"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"

/** Where files come from: a directory, one file, or an S3 bucket and prefix. */
export class Source extends Context.Service<
  Source,
  {
    /** An absolute path, or `s3://bucket/prefix`: the name for people, and by which a run is resumed. */
    readonly uri: string
    /**
     * The source's CSV files, compressed or not, in name order (UTF-8 bytes), each once. Running the stream lists them
     * anew. No file is an error.
     */
    readonly files: Stream.Stream<SourceFile, SourceError>
    /**
     * The file's bytes as stored, from `fromByte` on. Fails, before its end, when the file is no longer the one that
     * was listed: two versions are never spliced. May be repeated.
     */
    readonly read: (file: SourceFile, fromByte: number) => Stream.Stream<Uint8Array, SourceError>
    /**
     * Fails when the file is no longer the one that was listed. For files that cannot be decompressed: one that was
     * replaced while it was read is not damaged. May be repeated.
     */
    readonly checkUnchanged: (file: SourceFile) => Effect.Effect<void, SourceError>
  }
>()("user-activity-etl/source/Source") {}
