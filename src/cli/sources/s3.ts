// `--aws`: the objects of a bucket of AWS, or of a compatible store, whose keys start with --source.

import { Effect, Layer, Option, Schema } from "effect"
import { type Command, Flag } from "effect/cli"
import { splitUri } from "../../domain/pattern.ts"
import { SourceError } from "../../domain/SourceFile.ts"
import type { S3ConfigOptions } from "../../source/S3Source.ts"
import { quote } from "../../text/shell.ts"
import { hide, publicUrl, variable } from "../check/Variable.ts"
import { optional, repeatable, toggle } from "../flags/documented.ts"
import { lazyLayer } from "../lazyLayer.ts"
import { check } from "../usage/CommandUsage.ts"
import type { CliSource } from "./CliSource.ts"
import { patternFlag } from "./patternFlag.ts"
import { unknownReference } from "./unknownReference.ts"

const named = (name: string) => Flag.String(name).pipe(Flag.withMetavar("NAME"))

const endpointUrl = Flag.String("endpoint").pipe(
  Flag.filter(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    () => "a URL such as http://localhost:9000",
  ),
  Flag.withMetavar("URL"),
)

const flags = {
  aws: toggle("aws", "Read from S3: --source is a key, or the beginning of keys, of --bucket"),
  bucket: optional(named("bucket"), "S3 bucket; required with --aws"),
  region: optional(named("region"), "Region of the bucket, with --aws", {
    unset: "us-east-1",
    environment: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  }),
  endpoint: optional(endpointUrl, "URL of an S3-compatible store, with --aws", { unset: "Amazon's" }),
  sign: toggle("sign", "Sign requests with your AWS credentials; without it they are anonymous"),
}
type Flags = Command.Command.Config.Infer<typeof flags>

const workerFlags = {
  endpoint: repeatable(
    endpointUrl,
    "S3-compatible store to which runs may send signed requests (etl run --sign --endpoint)",
    "only Amazon's",
  ),
}
type WorkerFlags = Command.Command.Config.Infer<typeof workerFlags>

const s3Check = check<Flags & { readonly source: string; readonly cluster: boolean }>()

const requiresAws = (flag: string) => `--${flag} requires --aws: add it, or omit --${flag}.`

const checks = [
  s3Check(["source"], ({ source }) => {
    const [, bucket, prefix] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(source) ?? []
    return bucket === undefined
      ? undefined
      : `--source ${source} is an S3 URI: use --aws --bucket ${quote(bucket)} --source ${quote(prefix!)}.`
  }),
  s3Check(["aws", "bucket"], ({ aws, bucket }) =>
    aws && Option.isNone(bucket) ? "--aws requires --bucket NAME." : undefined,
  ),
  s3Check(["aws", "bucket"], ({ aws, bucket }) => (!aws && Option.isSome(bucket) ? requiresAws("bucket") : undefined)),
  s3Check(["aws", "region"], ({ aws, region }) => (!aws && Option.isSome(region) ? requiresAws("region") : undefined)),
  s3Check(["aws", "endpoint"], ({ aws, endpoint }) =>
    !aws && Option.isSome(endpoint) ? requiresAws("endpoint") : undefined,
  ),
  s3Check(["aws", "sign"], ({ aws, sign }) => (!aws && sign ? requiresAws("sign") : undefined)),
]

const hasSecret = (url: string): boolean => {
  const { password, search, username } = new URL(url)
  return username + password + search !== ""
}

const clusterChecks = [
  s3Check(["cluster", "endpoint"], ({ cluster, endpoint }) =>
    cluster && Option.exists(endpoint, hasSecret)
      ? "--endpoint contains a user name, a password or a query, which --cluster would store with the run: remove it. Each worker has its own credentials (--sign)."
      : undefined,
  ),
]

const Reference = Schema.TaggedStruct("S3", {
  bucket: Schema.String,
  prefix: Schema.String,
  pattern: Schema.optionalKey(Schema.String),
  region: Schema.optionalKey(Schema.String),
  endpoint: Schema.optionalKey(Schema.String),
  /** With the credentials of the worker. */
  sign: Schema.Boolean,
})
const decode = Schema.decodeUnknownEffect(Reference)

// The SDK costs a tenth of a second and 20 MB.
const layer = (options: S3ConfigOptions) =>
  lazyLayer(
    () => import("../../source/S3Source.ts"),
    (S3Source) => S3Source.layerConfig(options),
  )

/** An endpoint in its canonical spelling; undefined: it is not a URL. */
const canonical = (endpoint: string): string | undefined =>
  URL.canParse(endpoint) ? new URL(endpoint).href.replace(/\/+$/, "") : undefined

/**
 * Refuses to sign requests to an endpoint that the worker was not started with: anyone who can write the database can
 * set the endpoint of a run. Amazon's own endpoint, which no reference names, is allowed; unsigned requests carry no
 * credentials.
 */
const checkEndpoint = Effect.fnUntraced(function* (
  { bucket, endpoint, prefix, sign }: typeof Reference.Type,
  worker: WorkerFlags & { readonly host: string },
) {
  if (!sign || endpoint === undefined) return
  const wanted = canonical(endpoint)
  if (wanted !== undefined && worker.endpoint.some((known) => canonical(known) === wanted)) return
  const uri = `s3://${bucket}/${prefix}`
  return yield* new SourceError({
    operation: "list",
    uri,
    message: `${uri}: the worker at ${worker.host} does not sign requests to ${endpoint}. If it may, start every worker with --endpoint ${endpoint}; or run without --sign.`,
  })
})

export const s3 = {
  tag: "S3",
  chosenBy: { flag: "aws", value: true },
  flags,
  note: "Credentials are looked up as the AWS tools do: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role of the machine.",
  checks,
  clusterChecks,
  shown: ({ aws, bucket, endpoint, region, sign }) => ({
    aws: aws ? "yes" : undefined,
    bucket: Option.getOrUndefined(bucket),
    region: Option.getOrUndefined(region),
    endpoint: Option.getOrUndefined(Option.map(endpoint, publicUrl)),
    sign: sign ? "yes" : undefined,
  }),
  variables: [
    variable("AWS_REGION"),
    variable("AWS_DEFAULT_REGION"),
    variable("AWS_PROFILE"),
    variable("AWS_ACCESS_KEY_ID", hide),
    variable("AWS_SECRET_ACCESS_KEY", hide),
    variable("AWS_SESSION_TOKEN", hide),
  ],
  flagsOf: (uri) => {
    const { named, pattern } = splitUri(uri)
    const [, bucket, prefix] = /^s3:\/\/([^/]*)\/(.*)$/s.exec(named) ?? []
    if (bucket === undefined) return undefined
    return `--aws --bucket ${quote(bucket)} --source ${quote(prefix!)}${patternFlag(pattern)}`
  },
  layer: ({ bucket, endpoint, pattern, region, sign, source }) =>
    layer({
      // --aws without --bucket is a usage error.
      bucket: Option.getOrThrow(bucket),
      prefix: source,
      pattern: Option.getOrUndefined(pattern),
      region: Option.getOrUndefined(region),
      endpoint: Option.getOrUndefined(endpoint),
      sign,
    }),
  refer: ({ bucket, endpoint, pattern, region, sign, source }) => ({
    _tag: "S3",
    bucket: Option.getOrThrow(bucket),
    prefix: source,
    ...(Option.isSome(pattern) ? { pattern: pattern.value } : {}),
    ...(Option.isSome(region) ? { region: region.value } : {}),
    ...(Option.isSome(endpoint) ? { endpoint: endpoint.value } : {}),
    sign,
  }),
  worker: {
    flags: workerFlags,
    open: Effect.fnUntraced(function* (reference, worker) {
      const known = yield* Effect.mapError(decode(reference), () => unknownReference(reference, worker.host))
      yield* checkEndpoint(known, worker)
      return yield* Layer.build(layer(known))
    }),
  },
} satisfies CliSource<Flags, WorkerFlags>
