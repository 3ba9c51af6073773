import { ListObjectsV2Command } from "@aws-sdk/client-s3"
import { type Config, Effect, Layer, Option, Stream } from "effect"
import { tellBytes } from "../domain/Progress.ts"
import { fromByte } from "./fromByte.ts"
import { gunzip } from "./gunzip.ts"
import { permanent } from "./s3Failure.ts"
import { readObject } from "./s3Object.ts"
import { makeRequest, type Request, type S3Options } from "./s3Request.ts"
import { byName, isCsvName, isGzipName, Source, SourceError, type SourceFile } from "./Source.ts"

export type { S3Options } from "./s3Request.ts"

const listError =
  (uri: string) =>
  ({ message }: { readonly message: string }) =>
    new SourceError({ operation: "list", uri, message: `${uri}: ${message}` })

const decodeKey = (key: string) =>
  Effect.try({
    try: () => decodeURIComponent(key.replaceAll("+", " ")),
    catch: () => permanent(`The store lists a key that cannot be decoded: ${key}`),
  })

/** The keys of one page of S3's list, up to 1,000, and the token of the next page. */
const makePage = (request: Request, { bucket, prefix }: S3Options) =>
  Effect.fnUntraced(function* (token: string | undefined) {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      // XML cannot carry every key.
      EncodingType: "url",
      ContinuationToken: token,
    })
    const page = yield* request((client, abortSignal) => client.send(command, { abortSignal }))
    const next = page.NextContinuationToken
    if (page.IsTruncated && (next === undefined || next === token)) {
      return yield* permanent("The store lists its first 1,000 keys only.")
    }
    const files: Array<SourceFile> = []
    for (const { Key = "", ETag, Size } of page.Contents ?? []) {
      // Stores that do not know the encoding send the keys as they are.
      const key = page.EncodingType === "url" ? yield* decodeKey(Key) : Key
      if (!isCsvName(key)) continue
      if (ETag === undefined || Size === undefined)
        return yield* permanent(`The store gives no ETag or size of ${key}.`)
      const name = key.slice(key.lastIndexOf("/") + 1)
      files.push({ uri: `s3://${bucket}/${key}`, name, fingerprint: ETag, size: Size })
    }
    return [files, Option.fromUndefinedOr(next)] as const
  })

/**
 * The objects of a bucket whose keys begin with the prefix and end in .csv or .csv.gz, of AWS or of a compatible store.
 * An object is known by its key and its ETag. A broken or stalled answer is gone on with from the byte that was reached.
 */
export const layer = (options: S3Options): Layer.Layer<Source, SourceError | Config.ConfigError> =>
  Layer.effect(
    Source,
    Effect.gen(function* () {
      const { bucket, prefix } = options
      const uri = `s3://${bucket}/${prefix}`
      const request = yield* makeRequest(options).pipe(
        Effect.catchTag("S3Failure", (failure) => listError(uri)(failure)),
      )
      const files = Stream.paginate(undefined, makePage(request, options)).pipe(
        Stream.runCollect,
        Effect.filterOrFail(
          (files) => files.length > 0,
          () => permanent("No key begins so and ends in .csv or .csv.gz. Check --source."),
        ),
        Effect.map((files) => files.toSorted(byName)),
        Effect.mapError(listError(uri)),
        Effect.withSpan("S3Source.files"),
      )
      const stored = (file: SourceFile, from: number) =>
        readObject(request, bucket, file, from).pipe(tellBytes(file.uri, from))
      const read = (file: SourceFile, from: number) =>
        isGzipName(file.uri) ? stored(file, 0).pipe(gunzip(file.uri), fromByte(file.uri, from)) : stored(file, from)
      return Source.of({ uri, files, read })
    }),
  )
