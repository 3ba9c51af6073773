import { Console, Context, Effect, FileSystem, Layer, Option, Predicate } from "effect"
import { Command } from "effect/cli"
import * as ColumnMapping from "../domain/ColumnMapping.ts"
import { exitCode } from "../domain/RunSummary.ts"
import type { GeoLocator } from "../geo/GeoLocator.ts"
import * as Pipeline from "../Pipeline.ts"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import type { RunRepo } from "../repo/RunRepo.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import type { Source } from "../source/Source.ts"
import { Incomplete, UsageError } from "./CommandError.ts"
import { logEnd } from "./Defect.ts"
import { withUsage } from "./CommandUsage.ts"
import { runExitCodes } from "./exitCodes.ts"
import { formatSummary } from "./formatSummary.ts"
import { runChecks, type RunFlags, runFlags, runGroups } from "./runFlags.ts"

/** What a run needs; made from its flags. */
export type RunServices = Source | GeoLocator | UserRepo | RunRepo | LocationQueue

/** The column mapping of the command line: read before anything is opened that would have to be closed. */
class Mapping extends Context.Service<Mapping, ColumnMapping.ColumnMapping>()(
  "user-activity-etl/commands/run/Mapping",
) {
  static readonly layer = (path: string) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const json = yield* fs.readFileString(path).pipe(
          Effect.mapError((error) => {
            const { reason } = error
            const code = Predicate.hasProperty(reason.cause, "code") ? reason.cause.code : error.message
            const why = reason._tag === "NotFound" ? "there is no such file" : code
            return new UsageError({ message: `${path} cannot be read (${why}); name another with --mapping FILE` })
          }),
        )
        return yield* ColumnMapping.parse(path, json)
      }),
    )
}

const load = Effect.fn("run")(
  function* (flags: RunFlags) {
    const summary = yield* Pipeline.run({
      mapping: yield* Mapping,
      delimiter: flags.delimiter,
      chunkSize: flags.chunksize,
      concurrency: flags.concurrency,
      maxRecordSize: flags.maxRecordSize,
      maxRejects: flags.maxRejects,
      force: flags.force,
      locateFor: Option.getOrUndefined(flags.locateFor),
      locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
    })
    yield* Console.log(formatSummary(summary, flags.maxRejects))
    const code = exitCode(summary)
    if (code !== 0) return yield* new Incomplete({ code })
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)

/** `etl run`: loads the source's files. */
export const run = <E>(services: (flags: RunFlags) => Layer.Layer<RunServices, E>) =>
  Command.make("run", runFlags, load).pipe(
    Command.provide((flags) => Layer.provideMerge(services(flags), Mapping.layer(flags.mapping))),
    Command.withDescription(
      "Load CSV files into PostgreSQL, one row per user, and locate their addresses. The word run may be left out.",
    ),
    Command.withShortDescription("Load CSV files, one row per user, and locate their addresses"),
    Command.withExamples([
      { command: "etl --source ./input/ --chunksize 1000", description: "Load a folder" },
      { command: "etl --source ./input/ --geo mmdb,ip-api", description: "Locate by local files, ask for the rest" },
      { command: "etl --source user_activity --aws --bucket em-datasets", description: "Load from S3" },
    ]),
    withUsage({ config: runFlags, groups: runGroups, checks: runChecks, exitCodes: runExitCodes }),
  )
