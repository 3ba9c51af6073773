import { Effect, type Layer, Option } from "effect"
import { Command } from "effect/cli"
import { addressExitCode } from "../../domain/RunSummary.ts"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import type { LocationQueue } from "../../repo/LocationQueue.ts"
import { UserRepo } from "../../repo/UserRepo.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { logEnd } from "../Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { withDisplay } from "../output/display.ts"
import { locateExitCodes } from "../usage/exitCodes.ts"
import { locatorChecks, locatorFlags, locatorGroup } from "../flags/locatorFlags.ts"
import { outputFlags, outputGroup } from "../flags/outputFlags.ts"
import { printResult } from "../output/printSummary.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

/** What locating needs; made from its flags. */
export type LocateServices = GeoLocator | UserRepo | LocationQueue

const locateFlags = { ...locatorFlags, ...outputFlags, ...databaseFlags }
export type LocateFlags = Command.Command.Config.Infer<typeof locateFlags>

const locateChecks = [
  check<LocateFlags>()(["geo"], ({ geo }) =>
    geo.includes("none")
      ? "--geo none locates nothing: name who shall, such as --geo ip-api or --geo mmdb,ip-api."
      : undefined,
  ),
  ...locatorChecks,
  ...databaseChecks,
]

const makeLocate = (version: string) =>
  Effect.fn("locate")(
    function* (flags: LocateFlags) {
      const users = yield* UserRepo
      const locator = yield* GeoLocator
      yield* Effect.logInfo(`etl ${version}: places for the users of ${users.name}, by ${locator.name}`)
      const Locating = yield* Effect.promise(() => import("../../pipeline/Locate.ts"))
      const summary = yield* Locating.run({
        locateFor: Option.getOrUndefined(flags.locateFor),
        locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
      }).pipe(withDisplay(flags))
      const { formatLocating } = yield* Effect.promise(() => import("../output/formatSummary.ts"))
      const database = users.name
      const text = Effect.sync(() => formatLocating(summary, { same: sameDatabase(flags), database }))
      yield* printResult(addressExitCode(summary), flags, { database, ...summary }, text)
    },
    logEnd,
    Effect.onInterrupt(() => Effect.logDebug("interrupted")),
  )

/** `etl locate`: locates the addresses that wait, without loading. */
export const locate = <E>(services: (flags: LocateFlags) => Layer.Layer<LocateServices, E>, version: string) =>
  Command.make("locate", locateFlags, makeLocate(version)).pipe(
    Command.provide(services),
    Command.withDescription(
      "Locate the users that lack a place, without loading: after an outage, or after a load with --geo none.",
    ),
    Command.withShortDescription("Locate the users that lack a place, without loading"),
    Command.withExamples([
      { command: "etl locate", description: "Until no address waits" },
      { command: "etl locate --locate-for 30m", description: "For half an hour, from a scheduler" },
    ]),
    withUsage({
      config: locateFlags,
      groups: [locatorGroup, outputGroup, databaseGroup],
      checks: locateChecks,
      exitCodes: locateExitCodes,
    }),
  )
