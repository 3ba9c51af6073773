// `etl locate`: drains the queue of addresses without loading.

import { Effect, Layer, Option } from "effect"
import { addressExitCode } from "../../domain/RunSummary.ts"
import { GeoLocator } from "../../geo/GeoLocator.ts"
import { version } from "../../observability/version.ts"
import * as Locating from "../../pipeline/Locating.ts"
import { Database } from "../../domain/Database.ts"
import type { LocateFlags } from "../commands/locate.ts"
import { logEnd } from "../Defect.ts"
import { checkLocators, locator, notices, repositories, withLog } from "../layers.ts"
import { withDisplay } from "../output/display.ts"
import { formatLocating } from "../output/formatSummary.ts"
import { printResult } from "../output/printSummary.ts"
import { sameDatabase } from "../usage/sameDatabase.ts"

export const layer = (flags: LocateFlags) =>
  Layer.unwrap(Effect.as(checkLocators(flags), Layer.provideMerge(locator(flags), repositories(flags)))).pipe(
    withLog(flags),
  )

export const handler = Effect.fn("locate")(
  function* (flags: LocateFlags) {
    const { name: database } = yield* Database
    const locator = yield* GeoLocator
    yield* Effect.logInfo(`etl ${version}: places for the users of ${database}, by ${locator.name}`)
    for (const notice of yield* notices(flags)) yield* Effect.logInfo(notice)
    const summary = yield* Locating.run({
      locateFor: Option.getOrUndefined(flags.locateFor),
      locationsMaxAge: Option.getOrUndefined(flags.locationsMaxAge),
    }).pipe(withDisplay(flags))
    const text = Effect.sync(() => formatLocating(summary, { same: sameDatabase(flags), database }))
    const { locatingFailure: _, ...printed } = summary
    yield* printResult(addressExitCode(summary), flags, { database, ...printed }, text)
  },
  logEnd,
  Effect.onInterrupt(() => Effect.logDebug("interrupted")),
)
