// All that the command line knows of a kind of source.

import type { Config, Context, Effect, FileSystem, Layer, Option, Path, Scope, Stdio } from "effect"
import type { SourceReference } from "../../cluster/LoadRun.ts"
import type { SourceError } from "../../domain/SourceFile.ts"
import type { Source } from "../../source/Source.ts"
import type { Variable } from "../check/Variable.ts"
import type { FlagGroup } from "../flags/documented.ts"
import type { Check } from "../usage/CommandUsage.ts"

type Problem = SourceError | Config.ConfigError
type Platform = FileSystem.FileSystem | Path.Path

/** The values of --source and --pattern. */
interface Named {
  readonly source: string
  readonly pattern: Option.Option<string>
}

/** How a worker opens the sources of its runs. */
interface OfWorkers<in Flags> {
  /** Flags of `etl worker`: each worker has its own settings. */
  readonly flags: FlagGroup["flags"]
  /** Opens what a run refers to. `host`: the worker's, for errors. */
  readonly open: (
    reference: SourceReference,
    worker: Flags & { readonly host: string },
  ) => Effect.Effect<Context.Context<Source>, Problem, Platform | Scope.Scope>
}

/**
 * One file defines a kind of source, and `sources.ts` lists it. `Flags` are those of the kind alone, `WorkerFlags` the
 * same of `etl worker`. The definition is loaded at every start: what reads is imported when it is used.
 */
export interface CliSource<in Flags, in WorkerFlags> {
  /** `_tag` of the references to its sources, which are stored with runs: it never changes. */
  readonly tag: string
  /** The key of the flag, and its value, that make --source name one of these; undefined: it does if no other does. */
  readonly chosenBy?: { readonly flag: string; readonly value: unknown }
  readonly flags: FlagGroup["flags"]
  /** What help says below the flags. */
  readonly note?: string
  /** Rules about the flags. */
  readonly checks?: ReadonlyArray<Check>
  /** Rules about the flags with --cluster. */
  readonly clusterChecks?: ReadonlyArray<Check>
  /** What `etl check` says instead of reading it; undefined: it lists the files and reads their headers. */
  readonly unchecked?: string
  /** The flags by their names, as `etl check` shows them; undefined: not given. */
  readonly shown?: (flags: Flags) => Readonly<Record<string, string | undefined>>
  /** The variables that it reads. */
  readonly variables?: ReadonlyArray<Variable>
  /** The flags that name a source again, by its URI; undefined: the URI is of another kind. */
  readonly flagsOf: (uri: string) => string | undefined
  readonly layer: (flags: Flags & Named) => Layer.Layer<Source, Problem, Platform | Stdio.Stdio>
  /** The source as workers find it, without credentials. `uri`: that of the opened source. */
  readonly refer: (flags: Flags & Named, uri: string) => SourceReference
  readonly worker: OfWorkers<WorkerFlags>
}
