import { type PlatformError, Predicate } from "effect"

/** Why a file that a flag names cannot be read. */
export const explainUnreadable = ({ reason, message }: PlatformError.PlatformError): string => {
  const errno = Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : undefined
  if (reason._tag === "NotFound") return "there is no such file"
  if (reason._tag === "PermissionDenied") return "this user may not read it"
  if (errno === "EISDIR") return "it is a directory"
  return String(errno ?? message)
}
