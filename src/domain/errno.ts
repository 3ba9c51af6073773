// The operating system's error codes, such as ENOSPC.

import { type PlatformError, Predicate } from "effect"

/** The code of a failed file operation; undefined where the system gave none. */
export const errnoOf = ({ reason }: PlatformError.PlatformError): unknown =>
  Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : undefined

/**
 * The code of a failed network operation, however deeply the client wrapped it; undefined where there is none. A
 * message may have a URL, and the URL a secret: a code has neither.
 */
export const systemCode = (error: unknown): string | undefined => {
  if (!Predicate.isObject(error)) return undefined
  if ("code" in error && Predicate.isString(error.code)) return error.code
  return "cause" in error ? systemCode(error.cause) : undefined
}
