// Messages for files of --out that cannot be written.

import type { PlatformError } from "effect"
import { errnoOf } from "../../domain/errno.ts"
import { quote } from "../../text/shell.ts"

/** `free`: a name to suggest. */
export const existsAlready = (path: string, free?: string): string =>
  `${path} already exists and is not replaced. Remove it, or name another file${free === undefined ? " with --out." : `: --out ${quote(free)}`}`

/** Why a file that `--out` names cannot be written, and what to do. */
export const explainUnwritable = (path: string, error: PlatformError.PlatformError): string => {
  const { reason, message } = error
  const errno = errnoOf(error)
  if (reason._tag === "AlreadyExists") return existsAlready(path)
  if (reason._tag === "NotFound") return `${path} cannot be written: its directory does not exist. Create it.`
  if (reason._tag === "PermissionDenied") {
    return `${path} cannot be written: permission denied. Allow this user to write there, or name another file with --out.`
  }
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return `${path} cannot be written: the disk is full. Free space, or name a file on another disk with --out.`
  }
  return `${path} cannot be written (${errno ?? message}). Name another file with --out.`
}
