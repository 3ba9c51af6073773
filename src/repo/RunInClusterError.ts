// The error of a run of a source that workers of a cluster already load.

import { Runtime, Schema } from "effect"

/** Workers of a cluster load the source: this process does not start a run of it. */
export class RunInClusterError extends Schema.TaggedError<RunInClusterError>()("RunInClusterError", {
  runId: Schema.Int,
  source: Schema.String,
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 6
}

export const runInCluster = (runId: number, source: string): RunInClusterError =>
  new RunInClusterError({
    runId,
    source,
    message: `Run ${runId} loads ${source} in a cluster. Follow it, or cancel it and run again.`,
  })
