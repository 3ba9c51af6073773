// The error of a process that no longer has the file it loads.

import { Runtime, Schema } from "effect"

/** Another process has taken the file, or its part, since this one did, which writes no more of it. */
export class FileTakenError extends Schema.TaggedError<FileTakenError>()("FileTakenError", {
  fileId: Schema.Int,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 6
}

export const fileTaken = (fileId: number): FileTakenError =>
  new FileTakenError({
    fileId,
    message: `The checkpoint of file ${fileId} has moved: another process loads it. Wait until it is done, then run again.`,
  })
