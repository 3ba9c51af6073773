import { Context, Effect, Layer, Option } from "effect"
import { Command } from "effect/cli"
import type { ColumnMapping } from "../../domain/ColumnMapping.ts"
import { plural } from "../../text/format.ts"
import type { ProgressEvent } from "../../observability/Progress.ts"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import type { LocationQueue } from "../../repo/LocationQueue.ts"
import { Preview } from "../../repo/Preview.ts"
import type { RunRepo } from "../../repo/RunRepo.ts"
import { UserRepo } from "../../repo/UserRepo.ts"
import { readSmallFile } from "../../text/readSmallFile.ts"
import type { Source } from "../../source/Source.ts"
import { UsageError } from "../CommandError.ts"
import { logEnd } from "../Defect.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { withDisplay } from "../output/display.ts"
import { Cluster } from "../Cluster.ts"
import { formatForPeople, printSummary } from "../output/printSummary.ts"
import { runExitCodes } from "../usage/exitCodes.ts"
import { runChecks, type RunFlags, runFlags, runGroups } from "../flags/runFlags.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

/** What a run needs; made from its flags. */
export type RunServices = Source | GeoLocator | UserRepo | RunRepo | LocationQueue

/** The column mapping of the command line: read before anything is opened that would have to be closed. */
export class Mapping extends Context.Service<Mapping, ColumnMapping>()("user-activity-etl/commands/run/Mapping") {
  static readonly layer = (path: string) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const json = yield* readSmallFile(path).pipe(
          Effect.mapError(
            (why) => new UsageError({ message: `${path} cannot be read (${why}); name another with --mapping FILE` }),
          ),
        )
        const { parse } = yield* Effect.promise(() => import("../../domain/ColumnMapping.ts"))
        return yield* parse(path, json)
      }),
    )
}

/** One line: what is loaded from where to where. */
const tellBanner = (version: string, database: string, locator: string) => (event: ProgressEvent) => {
  if (event._tag !== "Listed") return Effect.void
  const { files, source, toLoad } = event
  const which = toLoad === files ? "" : ` (${toLoad === 0 ? "all loaded already" : `${toLoad} to load`})`
  return Effect.logInfo(
    `etl ${version}: ${plural(files, "file")}${which} of ${source} -> ${database}, places: ${locator}`,
  )
}

const load = Effect.fnUntraced(function* (flags: RunFlags) {
  const mapping = yield* Mapping
  const cluster = yield* Cluster
  if (Option.isSome(cluster)) return yield* cluster.value(flags, mapping)
  const Pipeline = yield* Effect.promise(() => import("../../pipeline/Pipeline.ts"))
  return yield* Pipeline.run({
    mapping,
    delimiter: flags.delimiter,
    chunkSize: flags.chunksize,
    concurrency: flags.concurrency,
    maxRecordSize: flags.maxRecordSize,
    maxRejects: flags.maxRejects,
    force: flags.force,
    locateFor: Option.getOrUndefined(flags.locateFor),
    locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
  })
})

const makeLoad = (version: string) =>
  Effect.fn("run")(
    function* (flags: RunFlags) {
      const users = yield* UserRepo
      const locator = yield* GeoLocator
      const summary = yield* load(flags).pipe(withDisplay(flags, tellBanner(version, users.name, locator.name)))
      const preview = yield* Preview
      const { formatDryRun } = yield* Effect.promise(() => import("../output/formatDryRun.ts"))
      const text = Option.match(preview, {
        onNone: () =>
          formatForPeople(summary, { maxRejects: flags.maxRejects, same: sameDatabase(flags), database: users.name }),
        onSome: (seen) => Effect.map(seen, (seen) => formatDryRun(summary, seen, flags)),
      })
      yield* printSummary(summary, { ...flags, database: flags.dryRun ? null : users.name }, text)
    },
    logEnd,
    Effect.onInterrupt(() => Effect.logDebug("interrupted")),
  )

/** `etl run`: loads the source's files. */
export const run = <E>(services: (flags: RunFlags) => Layer.Layer<RunServices, E>, version: string) =>
  Command.make("run", runFlags, makeLoad(version)).pipe(
    Command.provide((flags) => Layer.provideMerge(services(flags), Mapping.layer(flags.mapping))),
    Command.withDescription(
      "Load CSV files into PostgreSQL, one row per user, and locate their addresses. The word run may be left out.",
    ),
    Command.withShortDescription("Load CSV files, one row per user, and locate their addresses"),
    Command.withExamples([
      { command: "etl --source ./input/ --chunksize 1000", description: "Load a folder" },
      { command: "etl --source ./input/ --dry-run", description: "Check a folder, write nothing" },
      { command: "etl --source ./input/ --geo mmdb,ip-api", description: "Locate by local files, ask for the rest" },
      { command: "etl --source user_activity --aws --bucket em-datasets", description: "Load from S3" },
      { command: "etl --source /mnt/exports --cluster", description: "Let workers load it" },
    ]),
    withUsage({ config: runFlags, groups: runGroups, checks: runChecks, exitCodes: runExitCodes }),
  )
