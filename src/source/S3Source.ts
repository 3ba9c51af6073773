// A source that is a prefix of an S3 bucket, of AWS or of a compatible store.

import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import { Config, Effect, Layer, Predicate, Redacted, Stream } from "effect"
import { formatNumber } from "../text/format.ts"
import { permanent, type S3Failure, toSourceError } from "./s3/failure.ts"
import { maxKeys, S3Listing } from "./s3/listing.ts"
import { readObject } from "./s3/object.ts"
import {
  anonymous,
  type ClientOptions,
  fixed,
  makeRequest,
  type Request,
  type S3Credentials,
  type S3Options,
} from "./s3/request.ts"
import { Source } from "./Source.ts"
import { type Choice, chosenBy, usual } from "./choice.ts"
import { isPattern, patternForm, patternUri } from "../domain/pattern.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { LeftOut, reportLeftOut } from "../observability/LeftOut.ts"

export type { S3Credentials, S3Options } from "./s3/request.ts"

const defaultRegion = "us-east-1"

/** The most bytes of a key, by S3's rules. Encoded, each of them takes three characters. */
const maxKeyLength = 1_024

const longKey = `The store lists a key of more than ${formatNumber(maxKeyLength)} bytes, which S3 does not allow. Check the endpoint.`

const keyOf = Effect.fnUntraced(function* (listed: string, encoding: string | undefined) {
  if (listed.length > 3 * maxKeyLength) return yield* permanent(longKey, "notS3")
  // Stores that do not know the encoding send the keys as they are.
  if (encoding !== "url") return listed
  return yield* Effect.try({
    try: () => decodeURIComponent(listed.replaceAll("+", " ")),
    catch: () => permanent(`The store lists a key that cannot be decoded: ${listed}`, "notS3"),
  })
})

interface Named {
  readonly bucket: string
  readonly prefix: string
  readonly pattern: string | undefined
}

/** With its last slash, unless it is the bucket itself. */
const folderOf = (prefix: string): string => (prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`)

/** The fate of each key. The exact key is a file whatever its name. */
const fatesOf = ({ pattern, prefix }: Named): { readonly listed: string; readonly fateOf: Choice["fateOf"] } => {
  if (pattern === undefined) return { listed: prefix, fateOf: (key) => (key === prefix ? "read" : usual.fateOf(key)) }
  const folder = folderOf(prefix)
  const { beginning, fateOf } = chosenBy(pattern)
  return { listed: folder + beginning, fateOf: (key) => fateOf(key.slice(folder.length)) }
}

/** The keys of a page of S3's list, and the files among them. */
const readPage = Effect.fnUntraced(function* (
  { Contents = [], EncodingType }: ListObjectsV2CommandOutput,
  bucket: string,
  fateOf: Choice["fateOf"],
  leftOut: LeftOut,
) {
  const keys: Array<string> = []
  const files: Array<SourceFile> = []
  for (const { Key, ETag, Size } of Contents) {
    const key = yield* keyOf(String(Key ?? ""), EncodingType)
    if (Buffer.byteLength(key) > maxKeyLength) return yield* permanent(longKey, "notS3")
    keys.push(key)
    // A folder, as consoles make it.
    if (key.endsWith("/")) continue
    const fate = fateOf(key)
    if (fate !== "read") {
      leftOut.add(fate, key)
      continue
    }
    if (!Predicate.isString(ETag) || ETag.length > maxKeyLength || Size === undefined) {
      return yield* permanent(`The store gives no ETag or size for ${key}.`, "notS3")
    }
    if (!Number.isSafeInteger(Size) || Size < 0) {
      return yield* permanent(`The store gives an impossible size for ${key}: ${Size}.`, "notS3")
    }
    files.push({
      uri: `s3://${bucket}/${key}`,
      name: key.slice(key.lastIndexOf("/") + 1),
      fingerprint: ETag,
      size: Size,
    })
  }
  return { keys, files }
})

const tooLong =
  `The store lists too much: more than ${formatNumber(maxKeys)} keys, or fewer but longer ones. Name narrower prefixes, ` +
  "and load one after the other."

/** Pages in a row without a new key, after which the listing fails. */
const maxIdlePages = 3

const noNewKey =
  `The store lists no new key in ${maxIdlePages} pages in a row, but reports that there are more. Check the endpoint, or ` +
  "report this to the operator of the store."

/** The files of all pages of S3's list, each of up to 1,000 keys. */
const list = Effect.fnUntraced(function* (request: Request, named: Named) {
  const { bucket, pattern, prefix } = named
  const { fateOf, listed } = fatesOf(named)
  const listing = new S3Listing()
  const leftOut = new LeftOut({ folder: folderOf(prefix), hasPattern: pattern !== undefined })
  let token: string | undefined
  let idlePages = 0
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: listed,
      // XML cannot carry every key.
      EncodingType: "url",
      ContinuationToken: token,
    })
    const page = yield* request((client, abortSignal) => client.send(command, { abortSignal }))
    const next = page.NextContinuationToken
    if (page.IsTruncated && (next === undefined || next === token)) {
      return yield* permanent("The store lists its first 1,000 keys only.", "notS3")
    }
    const { keys, files } = yield* readPage(page, bucket, fateOf, leftOut)
    idlePages = listing.count(keys) ? 0 : idlePages + 1
    if (idlePages === maxIdlePages && next !== undefined) return yield* permanent(noNewKey, "notS3")
    for (const file of files) listing.add(file)
    if (listing.isTooLong) return yield* permanent(tooLong, "tooManyKeys")
    token = next
  } while (token !== undefined)
  const files = listing.finish()
  if (files.length === 0) {
    const problem =
      pattern === undefined
        ? "No key with this prefix ends in .csv or .tsv, also with .gz or .zst. Check the prefix."
        : `The pattern takes no key of the folder ${folderOf(prefix)}. Check the prefix and the pattern.`
    return yield* permanent(leftOut.after(problem), "noFile")
  }
  yield* reportLeftOut(leftOut)
  return files
})

const make = Effect.fnUntraced(function* (
  client: ClientOptions,
  { pattern, prefix = "" }: Pick<S3Options, "pattern" | "prefix">,
) {
  const { bucket } = client
  const uri =
    pattern === undefined ? `s3://${bucket}/${prefix}` : patternUri(`s3://${bucket}/${folderOf(prefix)}`, pattern)
  const fail = (failure: S3Failure) => toSourceError("list", uri, failure)
  if (pattern !== undefined && !isPattern(pattern)) {
    return yield* fail(permanent(`${pattern} is not ${patternForm}.`, "pattern"))
  }
  const request = yield* Effect.mapError(makeRequest(client), fail)
  const files = list(request, { bucket, prefix, pattern }).pipe(
    Effect.mapError(fail),
    Effect.withSpan("S3Source.files"),
  )
  return Source.of({
    uri,
    // All pages before the first file: the store may send them in another order than that of names.
    files: Stream.fromIterableEffect(files),
    read: (file, from) => readObject(request, bucket, file, from),
    // Reads nothing, but checks that the object is still the one that was listed.
    checkUnchanged: (file) => Stream.runDrain(readObject(request, bucket, file, file.size)),
  })
})

const identityOf = ({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) => ({
  accessKeyId,
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken && { sessionToken: Redacted.value(sessionToken) }),
})

/**
 * The objects whose keys begin with the prefix and end in .csv or .tsv, also with .gz or .zst; that of exactly this key
 * whatever its end; or those that a pattern takes. An object is identified by its key and its ETag. A broken or stalled
 * answer is resumed at the next byte. Other keys are logged. Reads no variable and no file of AWS: what is not given has
 * the default named at each option.
 *
 * @example
 * ```ts
 * import * as S3Source from "user-activity-etl/S3Source"
 *
 * const layer = S3Source.layer({ bucket: "em-datasets", prefix: "user_activity/" })
 * ```
 */
export const layer = ({
  bucket,
  credentials,
  endpoint,
  pattern,
  prefix,
  region = defaultRegion,
}: S3Options): Layer.Layer<Source, SourceError> => {
  const who = credentials === undefined ? anonymous : { credentials: identityOf(credentials) }
  const config = { ...fixed, ...who }
  return Layer.effect(
    Source,
    make({ bucket, region, endpoint, signs: credentials !== undefined, config }, { pattern, prefix }),
  )
}

/** The SDK reads the first, boto3 the second. */
const environmentRegion = Config.all(
  ["AWS_REGION", "AWS_DEFAULT_REGION"].map((name) => Config.String(name).pipe(Config.withDefault(""))),
).pipe(Config.map((regions) => regions.find((region) => region !== "")))

export interface S3ConfigOptions extends Omit<S3Options, "credentials"> {
  /** Whether requests are signed, with credentials that are looked up as the AWS tools do. Default: no. */
  readonly sign?: boolean | undefined
}

/**
 * The same, with what is not given as the AWS tools find it: the region in `AWS_REGION` or `AWS_DEFAULT_REGION`, the
 * credentials (with `sign`) and all else by the SDK, in the process's AWS variables and files, or from the machine's
 * role.
 *
 * @example
 * ```ts
 * import * as S3Source from "user-activity-etl/S3Source"
 *
 * const layer = S3Source.layerConfig({ bucket: "our-exports", sign: true })
 * ```
 */
export const layerConfig = ({
  bucket,
  endpoint,
  pattern,
  prefix,
  region,
  sign = false,
}: S3ConfigOptions): Layer.Layer<Source, SourceError | Config.ConfigError> =>
  Layer.effect(
    Source,
    Effect.gen(function* () {
      const found = region ?? (yield* environmentRegion) ?? defaultRegion
      return yield* make(
        { bucket, region: found, endpoint, signs: sign, config: sign ? {} : anonymous },
        { pattern, prefix },
      )
    }),
  )
