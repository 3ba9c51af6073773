// Sends requests to S3: signed or anonymous, to the region of the bucket.

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { Effect, type Redacted } from "effect"
import { boundAnswers } from "./answer.ts"
import { bucketRegionOf, explain, permanent, transient } from "./failure.ts"

/** Credentials of AWS, or of a compatible store. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken?: Redacted.Redacted | undefined
}

export interface S3Options {
  readonly bucket: string
  /** The beginning of the keys. A plain string, as in S3: `a/b` includes `a/b.csv` and `a/bc/d.csv`. Default: all. */
  readonly prefix?: string | undefined
  /**
   * Takes the keys whose rest below the prefix it matches, instead of those with usual names: `2026/*.csv`. The
   * prefix is then that of a folder: `a/b` takes from `a/b/`. The syntax is that of picomatch; upper and lower case
   * differ. `*` and `**` match no hidden names. It is part of the source's URI.
   */
  readonly pattern?: string | undefined
  /** Default us-east-1. Where S3 reports another region for the bucket, that one is used. */
  readonly region?: string | undefined
  /** The URL of a store that is compatible with S3; requests are in path style. Default: Amazon's. */
  readonly endpoint?: string | undefined
  /** Requests are signed with them. Default: they are anonymous. */
  readonly credentials?: S3Credentials | undefined
}

/** Where requests go, and who sends them. */
export interface ClientOptions extends Pick<S3Options, "bucket" | "endpoint"> {
  readonly region: string
  /** Whether requests are signed. */
  readonly signs: boolean
  /** Of the SDK's client. */
  readonly config: S3ClientConfig
}

/** An answer, or its next bytes, that takes longer counts as lost. */
const idleTimeout = "60 seconds"

export const withIdleTimeout = Effect.timeoutOrElse({
  duration: idleTimeout,
  orElse: () => Effect.fail(transient(`No data for ${idleTimeout}.`)),
})

/** No request is signed. */
export const anonymous: Pick<S3ClientConfig, "httpAuthSchemeProvider" | "httpAuthSchemes"> = {
  httpAuthSchemeProvider: () => [{ schemeId: "smithy.api#noAuth" }],
  httpAuthSchemes: [
    {
      schemeId: "smithy.api#noAuth",
      identityProvider: () => () => Promise.resolve({}),
      signer: { sign: (request) => Promise.resolve(request) },
    },
  ],
}

/** What the SDK reads from the AWS variables and files where it is not given. */
export const fixed = {
  ignoreConfiguredEndpointUrls: true,
  authSchemePreference: [],
  defaultsMode: "legacy",
  disableMultiregionAccessPoints: false,
  disableS3ExpressSessionAuth: false,
  maxAttempts: 3,
  requestChecksumCalculation: "WHEN_SUPPORTED",
  responseChecksumValidation: "WHEN_SUPPORTED",
  retryMode: "standard",
  sigv4aSigningRegionSet: () => Promise.resolve(undefined),
  useArnRegion: false,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: () => Promise.resolve(undefined),
} satisfies S3ClientConfig

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/**
 * Sends requests with one client of the SDK, until the scope closes: to the bucket's own region, with errors for
 * people. The SDK repeats a request twice before it fails.
 */
export const makeRequest = Effect.fnUntraced(function* ({
  bucket,
  config,
  endpoint,
  signs,
  ...options
}: ClientOptions) {
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    return yield* permanent("The endpoint must be a URL such as http://localhost:9000.", "invalidEndpoint")
  }
  let { region } = options
  const client = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new S3Client({
          ...config,
          region: () => Promise.resolve(region),
          ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
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
      Effect.mapError(({ cause }) => explain(cause, { bucket, key, region, endpoint, signs })),
      withIdleTimeout,
    )
})

export type Request = Effect.Success<ReturnType<typeof makeRequest>>
