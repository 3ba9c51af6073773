// The source of a run: the contract, and sources of what is in memory.

import { Context, Effect, Layer, Stream } from "effect"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { bytesSource, type FilesInMemory } from "./bytesSource.ts"
import { type FromRecordsOptions, type RecordToLoad, recordsSource } from "./recordsSource.ts"

/** Where files come from: a directory, one file, an S3 bucket and prefix, or what a program has in memory. */
export class Source extends Context.Service<
  Source,
  {
    /**
     * An absolute path, or `s3://bucket/prefix`, with `/./` and the pattern where there is one: the name for people, and
     * by which a run is resumed. `stdin:` is standard input: nothing resumes it, and its bytes are read once.
     */
    readonly uri: string
    /**
     * The source's CSV files, compressed or not, in name order (UTF-8 bytes), each once. Running the stream lists them
     * anew, and reports what it leaves out. No file is an error.
     */
    readonly files: Stream.Stream<SourceFile, SourceError>
    /**
     * The file's bytes as stored, from `fromByte` on. Fails, before its end, when the file is no longer the one that
     * was listed: two versions are never spliced. May be repeated, and closed after its first bytes, which show whether
     * the file is compressed.
     */
    readonly read: (file: SourceFile, fromByte: number) => Stream.Stream<Uint8Array, SourceError>
    /**
     * Fails when the file is no longer the one that was listed. For files that cannot be decompressed: one that was
     * replaced while it was read is not damaged. May be repeated.
     */
    readonly checkUnchanged: (file: SourceFile) => Effect.Effect<void, SourceError>
  }
>()("user-activity-etl/source/Source") {
  /**
   * A source of files in memory: name -> CSV text, or bytes as stored, compressed by gzip or zstd or not. `uri` names
   * the source: a run of the same one resumes, and skips files whose names and bytes it has loaded.
   *
   * @example
   * ```ts
   * import { Source } from "user-activity-etl"
   *
   * const layer = Source.fromBytes({ "users.csv": "Mail,Name\nada@example.com,Ada\n" })
   * ```
   */
  static readonly fromBytes = (
    files: FilesInMemory,
    { uri = "memory:" }: { readonly uri?: string | undefined } = {},
  ): Layer.Layer<Source> => Layer.effect(this, bytesSource(files, uri))

  /**
   * A source of one CSV file `name`, written from a Stream of records as it is read: columns are mapped, records are
   * rejected, with their lines and bytes, as those of any file. Its delimiter is a comma.
   *
   * Each reading runs the stream. With a `fingerprint` an interrupted run resumes after what is committed, so that the
   * stream must give the same records again, and a later run skips what is loaded. Without one the records of each run
   * are a new file: it starts with the first record, and records that are stored already count as unchanged.
   *
   * An error of the stream fails the file, as a `SourceError` whose `cause` it is. So does a record with a field that
   * the header has not: it would be lost.
   *
   * @example
   * ```ts
   * import { Stream } from "effect"
   * import { Source } from "user-activity-etl"
   *
   * const people = Stream.make({ Mail: "ada@example.com", Active: true, Since: new Date("2024-02-29") })
   * const layer = Source.fromRecords("people.csv", people)
   * ```
   */
  static readonly fromRecords = <E, R>(
    name: string,
    records: Stream.Stream<RecordToLoad, E, R>,
    options: FromRecordsOptions = {},
  ): Layer.Layer<Source, never, R> =>
    Layer.effect(
      this,
      Effect.contextWith((context: Context.Context<R>) =>
        Effect.succeed(recordsSource(name, Stream.provideContext(records, context), options)),
      ),
    )
}
