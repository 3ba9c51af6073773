// The service by which `etl run` hands a run over to workers; absent where this process loads.

import { Context, type Effect, Option } from "effect"
import type { RunFailed } from "../cluster/LoadRun.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { MappingFile } from "../domain/MappingFile.ts"
import type { RunSummary } from "../domain/RunSummary.ts"
import type { NotFound } from "../repo/NotFound.ts"
import type { RunInClusterError } from "../repo/RunInClusterError.ts"
import type { UsageError } from "./CommandError.ts"
import type { RunFlags } from "./flags/runFlags.ts"

/** Hands a run over to the workers, follows it, and returns its summary. */
export type LoadInCluster = (
  flags: RunFlags,
  file: MappingFile,
) => Effect.Effect<RunSummary, RunFailed | DatabaseError | NotFound | RunInClusterError | UsageError>

/** None: this process loads. */
export const Cluster = Context.Reference<Option.Option<LoadInCluster>>("user-activity-etl/cli/Cluster", {
  defaultValue: () => Option.none(),
})
