// `etl run`: loads a source in this process, or hands it over to workers.

import { Effect, Layer, Option } from "effect"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import * as DryRepo from "../../memory/DryRepo.ts"
import type { ProgressEvent } from "../../observability/Progress.ts"
import { version } from "../../observability/version.ts"
import { Preview } from "../../repo/Preview.ts"
import { Database } from "../../domain/Database.ts"
import { plural } from "../../text/format.ts"
import { Cluster } from "../Cluster.ts"
import { logEnd } from "../Defect.ts"
import type { RunFlags } from "../flags/runFlags.ts"
import { checkLocators, localLocator, locator, notices, repositories, source, withLog } from "../layers.ts"
import { lazyLayer } from "../lazyLayer.ts"
import { Mapping } from "../Mapping.ts"
import { withDisplay } from "../output/display.ts"
import { formatDryRun } from "../output/formatDryRun.ts"
import { formatForPeople, printSummary } from "../output/printSummary.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

const inProcess = (flags: RunFlags) =>
  Layer.unwrap(
    Effect.as(
      checkLocators(flags),
      Layer.merge(
        source(flags),
        flags.dryRun
          ? Layer.merge(localLocator(flags), DryRepo.layer)
          : Layer.provideMerge(locator(flags), repositories(flags, flags.concurrency)),
      ),
    ),
  )

const inCluster = (flags: RunFlags) =>
  lazyLayer(
    () => import("./runInCluster.ts"),
    ({ layer }) => layer(flags),
  )

/** The mapping is read first: if it is invalid, nothing has to be closed. */
export const layer = (flags: RunFlags) =>
  (flags.cluster ? inCluster(flags) : inProcess(flags)).pipe(withLog(flags), Layer.provideMerge(Mapping.layer(flags)))

/** Logs what is loaded from where to where, and where addresses will be sent. */
const logStart = (database: string, locator: string, notices: ReadonlyArray<string>) => (event: ProgressEvent) => {
  if (event._tag !== "Listed") return Effect.void
  const { files, source, toLoad } = event
  const which = toLoad === files ? "" : ` (${toLoad === 0 ? "all already loaded" : `${toLoad} to load`})`
  const start = `etl ${version}: ${plural(files, "file")}${which} of ${source} -> ${database}, places: ${locator}`
  return Effect.forEach([start, ...notices], (line) => Effect.logInfo(line), { discard: true })
}

const load = Effect.fnUntraced(function* (flags: RunFlags) {
  const { format, mapping } = yield* Mapping
  const cluster = yield* Cluster
  if (Option.isSome(cluster)) return yield* cluster.value(flags, { format, mapping })
  const Pipeline = yield* Effect.promise(() => import("../../pipeline/Pipeline.ts"))
  return yield* Pipeline.run({
    mapping,
    format,
    chunkSize: flags.chunksize,
    concurrency: flags.concurrency,
    maxRecordSize: flags.maxRecordSize,
    maxRejects: flags.maxRejects,
    force: flags.force,
    locateFor: Option.getOrUndefined(flags.locateFor),
    locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
  })
})

export const handler = Effect.fn("run")(
  function* (flags: RunFlags) {
    const database = yield* Database
    const locator = yield* GeoLocator
    // A dry run sends nothing, and workers have settings of their own.
    const sent = flags.dryRun || flags.cluster ? [] : yield* notices(flags)
    const summary = yield* load(flags).pipe(withDisplay(flags, logStart(database.name, locator.name, sent)))
    const preview = yield* Preview
    const text = Option.match(preview, {
      onNone: () =>
        formatForPeople(summary, { maxRejects: flags.maxRejects, same: sameDatabase(flags), database: database.name }),
      onSome: (seen) => Effect.map(seen, (seen) => formatDryRun(summary, seen, flags)),
    })
    yield* printSummary(summary, { ...flags, database: flags.dryRun ? null : database.name }, text)
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)
