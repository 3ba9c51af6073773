// Layers that several commands share: the database, the source, the locators, the log.

import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Config, type Duration, Effect, Layer, Option } from "effect"
import { chooseDatabase } from "./chooseDatabase.ts"
import { UsageError } from "./CommandError.ts"
import { logLayerEnd } from "./Defect.ts"
import { warnOfIgnored } from "./check/ignoredVariables.ts"
import type { DatabaseFlags } from "./flags/databaseFlags.ts"
import type { LocatorSettings } from "./flags/locatorFlags.ts"
import type { OutputFlags } from "./flags/outputFlags.ts"
import type { RunFlags } from "./flags/runFlags.ts"
import * as EmbeddedFolder from "../database/EmbeddedFolder.ts"
import * as PgEmbedded from "../database/PgEmbedded.ts"
import * as PgServer from "../database/PgServer.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { chosenLocators, locators } from "./locators.ts"
import * as Logging from "../observability/Logging.ts"
import * as Repositories from "../postgres/Repositories.ts"
import * as PgClusterRuns from "../postgres/runs/PgClusterRuns.ts"
import { chosenSource, type SourceFlags } from "./sources.ts"
import { etl } from "../text/etl.ts"

/** One for the locks, one for locating, one for everything else. */
const connectionsBesideWriting = 3

/** `writers`: connections that write at once. `idleInTransaction`: see `PgServerOptions`. */
export const database = (flags: DatabaseFlags, writers: number, idleInTransaction?: Duration.Input) =>
  Layer.unwrap(
    Effect.map(chooseDatabase(flags), (choice) =>
      choice._tag === "Server"
        ? PgServer.layerConfig({
            url: choice.url,
            maxConnections: connectionsBesideWriting + writers,
            idleInTransaction,
          })
        : PgEmbedded.layer({ directory: choice.folder }),
    ),
  )

/** For commands that only read: does not create an embedded database. */
export const existingDatabase = (flags: DatabaseFlags) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const choice = yield* chooseDatabase(flags)
      if (choice._tag === "Embedded" && !(yield* EmbeddedFolder.isThere(choice.folder))) {
        return yield* new UsageError({
          message: `There is no database in ${choice.folder} yet. Load files first (${etl} --source DIR), or name another: --embedded DIR, --database-url URL.`,
        })
      }
      return database(flags, 1)
    }),
  )

export const source = (flags: SourceFlags) => chosenSource(flags).layer(flags)

/** Reports flags and variables that contradict each other before a database is opened. */
export const checkLocators = (flags: LocatorSettings) =>
  Effect.forEach(locators, ({ checkSettings }) => checkSettings?.(flags) ?? Effect.void, { discard: true })

/** The locators that --geo names. */
export const locator = (flags: LocatorSettings) =>
  GeoLocator.layerChain(...chosenLocators(flags.geo).map(({ layer }) => layer(flags)))

/** Where the locators that --geo names will send addresses: for people, before they do. */
export const notices = (flags: LocatorSettings) =>
  Effect.forEach(
    chosenLocators(flags.geo).filter((locator) => locator.kind === "service"),
    (locator) => Effect.map(locator.notice(flags), (text) => `${locator.name}: ${text}`),
  )

/** The locators of a dry run, which asks no service. */
export const localLocator = (flags: LocatorSettings) => {
  const local = chosenLocators(flags.geo).flatMap((chosen) => (chosen.kind === "instant" ? chosen.layer(flags) : []))
  return local.length === 0 ? GeoLocator.none : GeoLocator.layerChain(...local)
}

export const repositories = (flags: DatabaseFlags, writers = 1, idleInTransaction?: Duration.Input) =>
  Layer.merge(Repositories.layer, PgClusterRuns.layer).pipe(
    Layer.provideMerge(database(flags, writers, idleInTransaction)),
  )

/** For commands that need tables with content: creates neither an embedded database nor tables. */
export const existingHistory = (flags: DatabaseFlags) =>
  Layer.merge(Repositories.layerHistory, PgClusterRuns.layer).pipe(Layer.provide(existingDatabase(flags)))

export const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

/** Traces and metrics, if a collector is configured. */
const telemetry = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* Effect.orDie(Config.option(Config.String("OTEL_EXPORTER_OTLP_ENDPOINT")))
    if (Option.isNone(endpoint)) return Layer.empty
    const Telemetry = yield* Effect.promise(() => import("../observability/Telemetry.ts"))
    return Telemetry.layer
  }),
)

type LogFlags = DatabaseFlags & Partial<OutputFlags & Pick<RunFlags, "dryRun">>

/** Adds the log, which also has why the layer cannot be built, and telemetry, which a dry run does not send. */
export const withLog =
  ({ dryRun = false, logfile, quiet = false }: LogFlags, { isFileOptional = false } = {}) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>) =>
    layer.pipe(
      logLayerEnd,
      Layer.provideMerge(dryRun ? Layer.empty : telemetry),
      Layer.provideMerge(warnOfIgnored),
      Layer.provideMerge(Logging.layer(logfile, { isQuiet: quiet, isFileOptional })),
      Layer.provide(platform),
    )

/** The same for commands that change nothing: they work without a log file. */
export const withOptionalLog = (flags: LogFlags) => withLog(flags, { isFileOptional: true })
