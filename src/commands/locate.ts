import { Console, Effect, type Layer, Option } from "effect"
import { Command } from "effect/cli"
import { addressExitCode } from "../domain/RunSummary.ts"
import type { GeoLocator } from "../geo/GeoLocator.ts"
import * as Locating from "../Locating.ts"
import type { LocationQueue } from "../repo/LocationQueue.ts"
import type { UserRepo } from "../repo/UserRepo.ts"
import { Incomplete } from "./CommandError.ts"
import { check, withUsage } from "./CommandUsage.ts"
import { logEnd } from "./Defect.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { locateExitCodes } from "./exitCodes.ts"
import { formatLocating } from "./formatSummary.ts"
import { locatorChecks, locatorFlags, locatorGroup } from "./locatorFlags.ts"

/** What locating needs; made from its flags. */
export type LocateServices = GeoLocator | UserRepo | LocationQueue

const locateFlags = { ...locatorFlags, ...databaseFlags }
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

const execute = Effect.fn("locate")(
  function* ({ locateFor, locationsMaxAge }: LocateFlags) {
    const summary = yield* Locating.run({
      locateFor: Option.getOrUndefined(locateFor),
      locationsMaxAge: Option.getOrUndefined(locationsMaxAge),
    })
    yield* Console.log(formatLocating(summary))
    const code = addressExitCode(summary)
    if (code !== 0) return yield* new Incomplete({ code })
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)

/** `etl locate`: locates the addresses that wait, without loading. */
export const locate = <E>(services: (flags: LocateFlags) => Layer.Layer<LocateServices, E>) =>
  Command.make("locate", locateFlags, execute).pipe(
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
      groups: [locatorGroup, databaseGroup],
      checks: locateChecks,
      exitCodes: locateExitCodes,
    }),
  )
