// Why S3 failed, and what a person can do about it.

import { Data, Predicate } from "effect"
import { printable } from "../../text/printable.ts"

/** A request to S3 failed. `transient`: the same request may succeed soon. */
export class S3Failure extends Data.TaggedError("S3Failure")<{
  readonly message: string
  readonly transient: boolean
}> {}

/** The request, for the message. */
interface S3Request {
  readonly bucket: string
  readonly key: string | undefined
  readonly region: string
  readonly endpoint: string | undefined
  readonly sign: boolean
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

export const permanent = (message: string): S3Failure => new S3Failure({ message, transient: false })

export const transient = (message: string): S3Failure => new S3Failure({ message, transient: true })

/** The object is no longer the one that was listed: the two must not be spliced. */
export const changed = permanent("The object changed after it was listed. Run again to load it as it is now.")

/** Text from a store, short enough for a message. */
const brief = (text: string): string => printable(text.length > 300 ? `${text.slice(0, 300)}...` : text)

/** The failure for people, from an error of the SDK, of Node's network, or of a store that is not S3. */
export const explain = (error: unknown, request: S3Request): S3Failure => {
  const { name = "Error", message = "", code = "", hostname, $metadata = {} } = factsOf(error)
  const { httpStatusCode: status = 0, requestId } = $metadata
  const { bucket, key, region, endpoint, sign } = request
  const host = endpoint === undefined ? `S3 in ${region}` : new URL(endpoint).host

  if (name === "NoSuchBucket") return permanent(`${host} has no bucket "${bucket}". Check --bucket and --endpoint.`)
  if (name === "NoSuchKey") return permanent("The object was deleted after it was listed. Run again.")
  if (status === 412 || name === "InvalidRange") return changed
  if (name === "InvalidObjectState") return permanent("The object is archived. Restore it in S3, then run again.")
  if (name === "CredentialsProviderError") {
    return permanent(
      "--sign found no AWS credentials that work. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, " +
        "or sign in again (aws sso login).",
    )
  }
  if (name === "RequestTimeTooSkewed") return permanent("S3 refused the request: set the clock of this machine.")
  if (refusedCredentials.includes(name)) {
    return permanent(`${host} refused the AWS credentials (${name}). Renew or correct them.`)
  }
  if (name === "AnswerTooLong") return permanent(`${host} does not answer as S3 does: ${message}`)
  if (status >= 300 && status < 400) {
    const where = brief(bucketRegionOf(error) ?? "another region")
    return permanent(`${host} says that the bucket "${bucket}" is elsewhere (${where}). Check --region and --endpoint.`)
  }
  if (status === 401 || status === 403) {
    const advice = sign
      ? `The AWS credentials need s3:ListBucket on the bucket and s3:GetObject on its objects.`
      : "The request was anonymous: add --sign to use your AWS credentials."
    return permanent(`Access to ${key === undefined ? `the bucket "${bucket}"` : "the object"} is denied. ${advice}`)
  }
  if (resolverCodes.includes(code)) {
    return transient(`No address found for ${hostname ?? host} (${code}). Check the network, --endpoint and --region.`)
  }
  if (networkCodes.includes(code))
    return transient(`${host} cannot be reached (${code}). Check the network and --endpoint.`)
  const isTransient = status >= 500 || status === 429 || transientNames.includes(name)
  const answer = [status || undefined, name, message.split("\n")[0], requestId && `request ${requestId}`]
  const facts = answer.filter(Boolean).map((fact) => brief(String(fact)))
  return new S3Failure({ message: `${host} failed: ${facts.join(", ")}.`, transient: isTransient })
}
