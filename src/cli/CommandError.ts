import { Runtime, Schema } from "effect"

/** Flags that do not go together, or that name what is not there. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** The run has ended and its summary is printed; the exit code tells what was not perfect. */
export class Incomplete extends Schema.TaggedError<Incomplete>()("Incomplete", {
  code: Schema.Literals([3, 4, 5, 7]),
}) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly message = ""
}

/** PostgreSQL did not run the statement of `etl sql`, and the person has been told why: the message has less. */
export class StatementRefused extends Schema.TaggedError<StatementRefused>()("StatementRefused", {
  code: Schema.Literals([2, 6]),
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** What `etl check` found is printed; the exit code is that of the gravest. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { code: Schema.Literals([2, 5, 6]) }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly message = ""
}

/** A file of `--out` could not be written. What was there before is there still, and no other file is left. */
export class OutputFileError extends Schema.TaggedError<OutputFileError>()("OutputFileError", {
  path: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}
