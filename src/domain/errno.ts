// The system's codes, such as ENOSPC, of what failed.

import { type PlatformError, Predicate } from "effect"

/** Of a file operation; undefined where the system gave none. */
export const errnoOf = ({ reason }: PlatformError.PlatformError): unknown =>
  Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : undefined

/** Of a network operation, however deep the client wrapped it; undefined where there is none. A message may hold a URL, and the URL a secret: a code holds neither. */
export const systemCode = (error: unknown): string | undefined => {
  if (!Predicate.isObject(error)) return undefined
  if ("code" in error && Predicate.isString(error.code)) return error.code
  return "cause" in error ? systemCode(error.cause) : undefined
}
