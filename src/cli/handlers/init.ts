// `etl init`: creates or upgrades the tables.

import { Console, Effect } from "effect"
import { UserRepo } from "../../repo/UserRepo.ts"
import { logEnd } from "../Defect.ts"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"
import { repositories, withLog } from "../layers.ts"

export const layer = (flags: DatabaseFlags) => repositories(flags).pipe(withLog(flags))

export const handler = Effect.fn("init")(function* () {
  const users = yield* UserRepo
  yield* users.migrate
  yield* Console.log("The tables are ready.")
}, logEnd)
