import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { Config, Effect } from "effect"
import { boundAnswers } from "./answer.ts"
import { bucketRegionOf, explain, permanent, transient } from "./failure.ts"

export interface S3Options {
  readonly bucket: string
  /** What the keys begin with. A plain string, as S3 means it: `a/b` takes `a/b.csv` and `a/bc/d.csv`. */
  readonly prefix: string
  /** Without it AWS_REGION, AWS_DEFAULT_REGION, us-east-1. S3 tells where a bucket is, and is asked there. */
  readonly region?: string | undefined
  /** The URL of a store that is compatible with S3; it is asked in path style. */
  readonly endpoint?: string | undefined
  /** Whether requests are signed with the credentials of the AWS chain. Otherwise they are anonymous. */
  readonly sign: boolean
}

/** An answer that takes longer, or the next bytes of one, will not come. */
const idleTimeout = "60 seconds"

export const withIdleTimeout = Effect.timeoutOrElse({
  duration: idleTimeout,
  orElse: () => Effect.fail(transient(`Nothing came for ${idleTimeout}.`)),
})

const anonymous = {
  httpAuthSchemeProvider: () => [{ schemeId: "smithy.api#noAuth" }],
  httpAuthSchemes: [
    {
      schemeId: "smithy.api#noAuth",
      identityProvider: () => () => Promise.resolve({}),
      signer: { sign: (request) => Promise.resolve(request) },
    },
  ],
} satisfies S3ClientConfig

/** The SDK knows the first, boto3 the second. */
const environmentRegion = Config.all(
  ["AWS_REGION", "AWS_DEFAULT_REGION"].map((name) => Config.String(name).pipe(Config.withDefault(""))),
).pipe(Config.map((regions) => regions.find((region) => region !== "") ?? "us-east-1"))

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/**
 * Sends requests with one client of the SDK, which ends with the scope: to the region where the bucket turns out to be,
 * and with errors that people understand. The SDK repeats a request twice before it fails.
 */
export const makeRequest = Effect.fnUntraced(function* ({ bucket, endpoint, sign, ...options }: S3Options) {
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    return yield* permanent("--endpoint must be a URL such as http://localhost:9000.")
  }
  let region = options.region ?? (yield* environmentRegion)
  const client = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new S3Client({
          region: () => Promise.resolve(region),
          ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
          ...(!sign && anonymous),
        }),
    ),
    (client) => Effect.sync(() => client.destroy()),
  )
  boundAnswers(client)
  const isElsewhere = (error: unknown) => {
    const bucketRegion = bucketRegionOf(error)
    if (bucketRegion === undefined || bucketRegion === region) return false
    region = bucketRegion
    return true
  }
  return <A>(send: (client: S3Client, signal: AbortSignal) => Promise<A>, key?: string) =>
    Effect.tryPromise((signal) => send(client, signal)).pipe(
      Effect.retry({ while: ({ cause }) => isElsewhere(cause), times: 1 }),
      Effect.mapError(({ cause }) => explain(cause, { bucket, key, region, endpoint, sign })),
      withIdleTimeout,
    )
})

export type Request = Effect.Success<ReturnType<typeof makeRequest>>
