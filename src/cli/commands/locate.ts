// `etl locate`: locates the addresses that wait, without loading.

import { Command } from "effect/cli"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { locatorChecks, locatorFlags, locatorGroup, serviceProblem } from "../flags/locatorFlags.ts"
import { outputFlags, outputGroup } from "../flags/outputFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { check, withUsage } from "../usage/CommandUsage.ts"
import { locateExitCodes } from "../usage/exitCodes.ts"

const locateFlags = { ...locatorFlags, ...outputFlags, ...databaseFlags }
export type LocateFlags = Command.Command.Config.Infer<typeof locateFlags>

const locateChecks = [
  check<LocateFlags>()(["geo"], ({ geo }) =>
    geo.includes("none")
      ? "--geo none locates nothing: use another, such as --geo ip-api or --geo mmdb,ip-api."
      : undefined,
  ),
  // Without a service, answers that are older would go, and no newer ones come.
  check<LocateFlags>()(["geo", "locationsMaxAge"], ({ geo, locationsMaxAge }) =>
    serviceProblem("--locations-max-age", locationsMaxAge, geo),
  ),
  ...locatorChecks,
  ...databaseChecks,
]

export const locate = lazyCommand("locate", locateFlags, () => import("../handlers/locate.ts")).pipe(
  Command.withDescription(
    "Locate users that have no place yet, without loading: after an outage, or after a load with --geo none.",
  ),
  Command.withShortDescription("Locate users that have no place yet, without loading"),
  Command.withExamples([
    { command: "etl locate", description: "Until no address is pending" },
    { command: "etl locate --locate-for 30m", description: "For half an hour, from a scheduler" },
  ]),
  withUsage({
    config: locateFlags,
    groups: [locatorGroup, outputGroup, databaseGroup],
    checks: locateChecks,
    exitCodes: locateExitCodes,
  }),
)
