// Why S3 failed, and what a person can do about it.

import { Data, Predicate } from "effect"
import { SourceError, type SourceReason } from "../../domain/SourceFile.ts"
import { AnswerTooLong } from "./answer.ts"
import { printable } from "../../text/printable.ts"

/** A request to S3 failed. `transient`: the same request may succeed soon. */
export class S3Failure extends Data.TaggedError("S3Failure")<{
  readonly message: string
  readonly transient: boolean
  readonly reason?: SourceReason
}> {}

/** The request, for the message. */
interface S3Request {
  readonly bucket: string
  readonly key: string | undefined
  readonly region: string
  readonly endpoint: string | undefined
  readonly signs: boolean
}

/** What is used of errors of the SDK and of Node. The rest is not passed on: `ExpiredToken` holds the token. */
interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly hostname?: string
  readonly Region?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

const factsOf = (error: unknown): SdkError => (Predicate.isObject(error) ? error : {})

/** The bucket's region, where S3 reports it. */
export const bucketRegionOf = (error: unknown): string | undefined => {
  const { $response, Region } = factsOf(error)
  return $response?.headers?.["x-amz-bucket-region"] ?? Region
}

const networkCodes = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]
const resolverCodes = ["ENOTFOUND", "EAI_AGAIN"]
const transientNames = ["TimeoutError", "RequestTimeout", "SlowDown", "InternalError"]
const refusedCredentials = [
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
]

const failure =
  (transient: boolean) =>
  (message: string, reason?: SourceReason): S3Failure =>
    new S3Failure({ message, transient, ...(reason && { reason }) })

export const permanent = failure(false)

export const transient = failure(true)

/** The object is no longer the one that was listed: the two must not be spliced. */
export const changed = permanent(
  "The object changed after it was listed. Run again to load it as it is now.",
  "changed",
)

/** The failure of a source, for people and programs. */
export const toSourceError = (
  operation: SourceError["operation"],
  uri: string,
  { message, reason }: S3Failure,
): SourceError => new SourceError({ operation, uri, message: `${uri}: ${message}`, ...(reason && { reason }) })

/** Text from a store, short enough for a message. */
const brief = (text: string): string => printable(text.length > 300 ? `${text.slice(0, 300)}...` : text)

/** The failure for people, from an error of the SDK, of Node's network, or of a store that is not S3. */
export const explain = (error: unknown, request: S3Request): S3Failure => {
  const { name = "Error", message = "", code = "", hostname, $metadata = {} } = factsOf(error)
  const { httpStatusCode: status = 0, requestId } = $metadata
  const { bucket, key, region, endpoint, signs } = request
  const host = endpoint === undefined ? `S3 in ${region}` : new URL(endpoint).host

  if (name === "NoSuchBucket") {
    return permanent(`${host} has no bucket "${bucket}". Check the bucket and the endpoint.`, "noBucket")
  }
  if (name === "NoSuchKey") return permanent("The object was deleted after it was listed. Run again.", "changed")
  if (status === 412 || name === "InvalidRange") return changed
  if (name === "InvalidObjectState") return permanent("The object is archived. Restore it in S3, then run again.")
  if (name === "CredentialsProviderError") {
    return permanent("No AWS credentials that work were found. Give valid ones, or none.", "noCredentials")
  }
  if (name === "RequestTimeTooSkewed") return permanent("S3 refused the request: set the clock of this machine.")
  if (refusedCredentials.includes(name)) {
    return permanent(`${host} refused the AWS credentials (${name}). Renew or correct them.`, "refusedCredentials")
  }
  if (error instanceof AnswerTooLong) {
    return permanent(`${host} does not answer as S3 does: ${message}`, error.reason)
  }
  if (status >= 300 && status < 400) {
    const where = brief(bucketRegionOf(error) ?? "another region")
    return permanent(
      `${host} says that the bucket "${bucket}" is elsewhere (${where}). Check the region and the endpoint.`,
      "otherRegion",
    )
  }
  if (status === 401 || status === 403) {
    const denied = `Access to ${key === undefined ? `the bucket "${bucket}"` : "the object"} is denied.`
    return signs
      ? permanent(
          `${denied} The AWS credentials need s3:ListBucket on the bucket and s3:GetObject on its objects.`,
          "forbidden",
        )
      : permanent(`${denied} The request was anonymous: sign requests with AWS credentials.`, "needsCredentials")
  }
  if (resolverCodes.includes(code)) {
    const unknown = `No address found for ${hostname ?? host} (${code}).`
    return transient(`${unknown} Check the network, the endpoint and the region.`, "unreachable")
  }
  if (networkCodes.includes(code))
    return transient(`${host} cannot be reached (${code}). Check the network and the endpoint.`, "unreachable")
  const isTransient = status >= 500 || status === 429 || transientNames.includes(name)
  const answer = [status || undefined, name, message.split("\n")[0], requestId && `request ${requestId}`]
  const facts = answer.filter(Boolean).map((fact) => brief(String(fact)))
  return failure(isTransient)(`${host} failed: ${facts.join(", ")}.`)
}
