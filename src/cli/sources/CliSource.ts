import type { Config, Context, Effect, FileSystem, Layer, Path, Scope } from "effect"
import type { SourceReference } from "../../cluster/LoadRun.ts"
import type { SourceError } from "../../domain/SourceFile.ts"
import type { Source } from "../../source/Source.ts"
import type { Variable } from "../check/Variable.ts"
import type { FlagGroup } from "../flags/documented.ts"
import type { Check } from "../usage/CommandUsage.ts"

type Problem = SourceError | Config.ConfigError
type Platform = FileSystem.FileSystem | Path.Path

/** What --source says, whatever it means. */
interface Named {
  readonly source: string
}

/** How a worker opens the sources of the runs that it is given. */
interface OfWorkers<in Flags> {
  /** Flags of `etl worker`: settings are each worker's own. */
  readonly flags: FlagGroup["flags"]
  /** Opens what a run refers to. `host`: the worker's, for errors. */
  readonly open: (
    reference: SourceReference,
    worker: Flags & { readonly host: string },
  ) => Effect.Effect<Context.Context<Source>, Problem, Platform | Scope.Scope>
}

/**
 * All that the command line knows of a kind of sources: one file defines it, and `sources.ts` lists it. `Flags` are those of
 * the kind alone, `WorkerFlags` the same of `etl worker`. The definition is read at every start: what it takes to read is
 * imported when it is used.
 */
export interface CliSource<in Flags, in WorkerFlags> {
  /** `_tag` of the references to its sources, which are kept with runs: it never changes. */
  readonly tag: string
  /** The key of the flag that says that --source names one of these; without one it does where no other flag says so. */
  readonly chosenBy?: string
  readonly flags: FlagGroup["flags"]
  /** What help says below the flags. */
  readonly note?: string
  /** Rules about the flags. */
  readonly checks?: ReadonlyArray<Check>
  /** The same about those that go with --cluster. */
  readonly clusterChecks?: ReadonlyArray<Check>
  /** The flags by their names, as `etl check` shows them; undefined: not given. */
  readonly shown?: (flags: Flags) => Readonly<Record<string, string | undefined>>
  /** The variables that are read of it. */
  readonly variables?: ReadonlyArray<Variable>
  /** The flags that name a source again, by its URI; undefined: it is another kind's. */
  readonly flagsOf: (uri: string) => string | undefined
  readonly layer: (flags: Flags & Named) => Layer.Layer<Source, Problem, Platform>
  /** The source as workers find it: never credentials. `uri`: the opened source's. */
  readonly refer: (flags: Flags & Named, uri: string) => SourceReference
  readonly worker: OfWorkers<WorkerFlags>
}
