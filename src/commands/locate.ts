import { Console, Effect, type Layer, Option } from "effect"
import { Command } from "effect/cli"
import { addressExitCode } from "../domain/RunSummary.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { logFailure } from "../Logging.ts"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { Incomplete } from "./CommandError.ts"
import { databaseFlags } from "./databaseFlags.ts"
import { withDisplay } from "./display.ts"
import { formatLocating } from "./formatSummary.ts"
import { locatorFlags } from "./locatorFlags.ts"
import { sameDatabase } from "./sameDatabase.ts"
import { outputFlags } from "./outputFlags.ts"

/** What locating needs; made from its flags. */
export type LocateServices = GeoLocator | UserRepo | LocationQueue

const locateFlags = { ...locatorFlags, ...outputFlags, ...databaseFlags }
export type LocateFlags = Command.Command.Config.Infer<typeof locateFlags>

const makeLocate = (version: string) =>
  Effect.fn("locate")(
    function* (flags: LocateFlags) {
      const users = yield* UserRepo
      const locator = yield* GeoLocator
      yield* Effect.logInfo(`etl ${version}: places for the users of ${users.name}, by ${locator.name}`)
      const Locating = yield* Effect.promise(() => import("../Locating.ts"))
      const summary = yield* Locating.run({
        locateFor: Option.getOrUndefined(flags.locateFor),
        locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
      }).pipe(withDisplay(flags))
      const code = addressExitCode(summary)
      yield* Console.log(
        flags.json ? JSON.stringify({ exitCode: code, ...summary }) : formatLocating(summary, sameDatabase(flags)),
      )
      if (code !== 0) return yield* new Incomplete({ code })
    },
    Effect.tapError(logFailure),
    Effect.onInterrupt(() => Effect.logDebug("interrupted")),
  )

/** `etl locate`: locates the addresses that wait, without loading. */
export const locate = <E>(services: (flags: LocateFlags) => Layer.Layer<LocateServices, E>, version: string) =>
  Command.make("locate", locateFlags, makeLocate(version)).pipe(
    Command.provide(services),
    Command.withDescription("Locate the users that lack a place: after an outage, or after a load with --geo none"),
    Command.withExamples([
      { command: "etl locate", description: "Until no address waits" },
      { command: "etl locate --locate-for 30m", description: "For half an hour, from a scheduler" },
    ]),
  )
