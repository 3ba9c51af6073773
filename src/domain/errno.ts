// The system's code of a failed file operation.

import { type PlatformError, Predicate } from "effect"

/** The code, such as ENOSPC; undefined where the system gave none. */
export const errnoOf = ({ reason }: PlatformError.PlatformError): unknown =>
  Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : undefined
