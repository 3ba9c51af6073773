// Opens the sources of the runs that a worker is given: the contract.

import { Context, type Config, type Effect, type Scope } from "effect"
import type { Source } from "../source/Source.ts"
import type { SourceError } from "../domain/SourceFile.ts"
import type { SourceReference } from "./LoadRun.ts"

/** Opens a source with the worker's own credentials. */
export class Sources extends Context.Service<
  Sources,
  {
    readonly open: (
      source: SourceReference,
    ) => Effect.Effect<Source["Service"], SourceError | Config.ConfigError, Scope.Scope>
  }
>()("user-activity-etl/cluster/Sources") {}
