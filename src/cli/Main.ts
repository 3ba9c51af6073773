import { Effect, Layer, Option } from "effect"
import type { CheckParts } from "./check/findings.ts"
import type * as ClusterMain from "./ClusterMain.ts"
import type { CancelFlags } from "./commands/cancel.ts"
import type { FollowFlags, FollowServices } from "./commands/follow.ts"
import type { WorkerFlags, WorkerServices } from "./commands/worker.ts"
import type { ClusterRuns } from "../repo/ClusterRuns.ts"
import type { CheckFlags } from "./flags/checkFlags.ts"
import { chooseDatabase } from "./chooseDatabase.ts"
import type { InitFlags } from "./commands/init.ts"
import type { RejectsFlags } from "./commands/rejects.ts"
import type { ReportFlags } from "./commands/report.ts"
import type { RunServices } from "./commands/run.ts"
import type { LocateFlags, LocateServices } from "./commands/locate.ts"
import type { LocatorSettings } from "./flags/locatorFlags.ts"
import type { RunFlags } from "./flags/runFlags.ts"
import type { RunsFlags } from "./commands/runs.ts"
import type { SqlFlags } from "./commands/sql.ts"
import * as Embedded from "../database/Embedded.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import * as IpApi from "../geo/IpApi.ts"
import * as Mmdb from "../geo/Mmdb.ts"
import * as DryRepo from "../memory/DryRepo.ts"
import * as PgDatabaseState from "../postgres/PgDatabaseState.ts"
import * as PgReadOnlyQuery from "../postgres/sql/PgReadOnlyQuery.ts"
import * as PgReportRepo from "../postgres/report/PgReportRepo.ts"
import * as Repositories from "../postgres/Repositories.ts"
import type { ReadOnlyQuery } from "../repo/ReadOnlyQuery.ts"
import type { RejectRepo } from "../repo/RejectRepo.ts"
import type { RunHistory } from "../repo/RunHistory.ts"
import type { ReportRepo } from "../repo/ReportRepo.ts"
import type { UserRepo } from "../repo/UserRepo.ts"

import {
  checkQuota,
  type InitError,
  type RunError,
  database,
  existingDatabase,
  ipApiSettings,
  locator,
  mmdb,
  mmdbOptions,
  platform,
  repositories,
  source,
  withLog,
} from "./layers.ts"
/** Imported where it is used: the engine of a cluster takes a tenth of a second. */
const inCluster = <A, E>(pick: (main: typeof ClusterMain) => Layer.Layer<A, E>): Layer.Layer<A, E> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./ClusterMain.ts")),
      pick,
    ),
  )

/** The services of `etl worker`. */
export const worker = (flags: WorkerFlags): Layer.Layer<WorkerServices, RunError> =>
  inCluster(({ worker }) => worker(flags))

/** The services of `etl follow`. */
export const follow = (flags: FollowFlags): Layer.Layer<FollowServices, RunError> =>
  inCluster(({ follow }) => follow(flags))

/** The services of `etl cancel`. */
export const cancel = (flags: CancelFlags): Layer.Layer<ClusterRuns, InitError> =>
  existingRepositories(flags).pipe(withLog(flags))

/** What a dry run locates with: nobody but the local files is asked. */
const localLocator = (flags: LocatorSettings) => (flags.geo.includes("mmdb") ? mmdb(flags) : GeoLocator.none)

/** The services of `etl run`. */
export const run = (flags: RunFlags): Layer.Layer<RunServices, RunError> =>
  flags.cluster ? inCluster(({ run }) => run(flags)) : runHere(flags)

const runHere = (flags: RunFlags): Layer.Layer<RunServices, RunError> =>
  Layer.unwrap(
    Effect.as(
      checkQuota(flags),
      Layer.merge(
        source(flags),
        flags.dryRun
          ? Layer.merge(localLocator(flags), DryRepo.layer)
          : Layer.provideMerge(locator(flags), repositories(flags, flags.concurrency)),
      ),
    ),
  ).pipe(withLog(flags))

/** The services of `etl locate`. */
export const locate = (flags: LocateFlags): Layer.Layer<LocateServices, RunError> =>
  Layer.unwrap(Effect.as(checkQuota(flags), Layer.provideMerge(locator(flags), repositories(flags)))).pipe(
    withLog(flags),
  )

/** The services of `etl init`. */
export const init = (flags: InitFlags): Layer.Layer<UserRepo, InitError> => repositories(flags).pipe(withLog(flags))

const existingRepositories = (flags: InitFlags) => Repositories.layer.pipe(Layer.provide(existingDatabase(flags)))

/** For a command that changes nothing in the database. */
const readOnly = (flags: InitFlags) => withLog(flags, { isFileOptional: true })

/** The services of `etl rejects`. */
export const rejects = (flags: RejectsFlags): Layer.Layer<RejectRepo | RunHistory, InitError> =>
  existingRepositories(flags).pipe(Option.isSome(flags.delete) ? withLog(flags) : readOnly(flags))

/** The services of `etl runs`. */
export const runs = (flags: RunsFlags): Layer.Layer<RunHistory, InitError> =>
  existingRepositories(flags).pipe(readOnly(flags))

/** The services of `etl report`. */
export const report = (flags: ReportFlags): Layer.Layer<ReportRepo, InitError> =>
  PgReportRepo.layer.pipe(Layer.provide(existingDatabase(flags)), readOnly(flags))

/** The services of `etl sql`. */
export const sql = (flags: SqlFlags): Layer.Layer<ReadOnlyQuery, InitError> =>
  PgReadOnlyQuery.layer.pipe(Layer.provide(existingDatabase(flags)), readOnly(flags))

/** What `etl check` looks at. */
export const check = (flags: CheckFlags): Effect.Effect<CheckParts<RunError>> =>
  Effect.succeed({
    locatorFlags: checkQuota(flags),
    source: (name) => source({ ...flags, source: name }).pipe(Layer.provide(platform)),
    database: Effect.gen(function* () {
      const choice = yield* chooseDatabase(flags)
      if (choice._tag === "Embedded" && !(yield* Embedded.isThere(choice.folder))) {
        return { _tag: "Absent", folder: choice.folder }
      }
      return { _tag: "Open", layer: PgDatabaseState.layer.pipe(Layer.provide(database(flags, 1))) }
    }),
    mmdb: Mmdb.check(mmdbOptions(flags)),
    ipApi: Effect.gen(function* () {
      const { url, key, quota } = yield* ipApiSettings(flags)
      return { hostname: (yield* IpApi.endpointOf({ url, key })).hostname, quota }
    }),
  })
