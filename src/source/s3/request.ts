// Sends requests to S3: signed or anonymous, to the region of the bucket.

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { Config, Effect } from "effect"
import { boundAnswers } from "./answer.ts"
import { bucketRegionOf, explain, permanent, transient } from "./failure.ts"

export interface S3Options {
  readonly bucket: string
  /** The beginning of the keys. A plain string, as in S3: `a/b` includes `a/b.csv` and `a/bc/d.csv`. */
  readonly prefix: string
  /**
   * Default AWS_REGION, AWS_DEFAULT_REGION, us-east-1. Where S3 reports another region for the bucket, that one is
   * used.
   */
  readonly region?: string | undefined
  /** The URL of a store that is compatible with S3; requests are in path style. */
  readonly endpoint?: string | undefined
  /** Whether requests are signed with the credentials of the AWS chain. Otherwise they are anonymous. */
  readonly sign: boolean
}

/** An answer, or its next bytes, that takes longer counts as lost. */
const idleTimeout = "60 seconds"

export const withIdleTimeout = Effect.timeoutOrElse({
  duration: idleTimeout,
  orElse: () => Effect.fail(transient(`No data for ${idleTimeout}.`)),
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

/** The SDK reads the first, boto3 the second. */
const environmentRegion = Config.all(
  ["AWS_REGION", "AWS_DEFAULT_REGION"].map((name) => Config.String(name).pipe(Config.withDefault(""))),
).pipe(Config.map((regions) => regions.find((region) => region !== "") ?? "us-east-1"))

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/**
 * Sends requests with one client of the SDK, until the scope closes: to the bucket's own region, with errors for
 * people. The SDK repeats a request twice before it fails.
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
