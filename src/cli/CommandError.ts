// The errors of commands, each with its exit code.

import { Runtime, Schema } from "effect"

/** Flags that contradict each other, or that name something missing. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** The run has ended and its summary is printed; the exit code says what is incomplete. */
export class Incomplete extends Schema.TaggedError<Incomplete>()("Incomplete", {
  code: Schema.Literals([3, 4, 5, 7]),
}) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly message = ""
}

/** PostgreSQL did not run the statement of `etl sql`. The reason is printed already: the message may say less. */
export class StatementRefused extends Schema.TaggedError<StatementRefused>()("StatementRefused", {
  code: Schema.Literals([2, 6]),
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** `etl check` has printed problems; the exit code is that of the most serious one. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { code: Schema.Literals([2, 5, 6]) }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly message = ""
}

/** A file of `--out` could not be written. Existing files are unchanged, and no new one is left. */
export class OutputFileError extends Schema.TaggedError<OutputFileError>()("OutputFileError", {
  path: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}
