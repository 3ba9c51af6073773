// The error of a request for a source that workers load already.

import { Runtime, Schema } from "effect"

/** Workers of a cluster load the source: this process does not begin a run of it beside them. */
export class RunInClusterError extends Schema.TaggedError<RunInClusterError>()("RunInClusterError", {
  runId: Schema.Int,
  source: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 6

  static readonly of = (runId: number, source: string): RunInClusterError =>
    new RunInClusterError({
      runId,
      source,
      message: `Run ${runId} loads ${source} in a cluster. Follow it (etl follow ${runId}), or cancel it (etl cancel ${runId}) and run again.`,
    })
}
