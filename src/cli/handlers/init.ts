// `etl init`: creates or upgrades the tables, as the repositories do where they are built.

import { Console, Effect } from "effect"
import { logEnd } from "../Defect.ts"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"
import { repositories, withLog } from "../layers.ts"

export const layer = (flags: DatabaseFlags) => repositories(flags).pipe(withLog(flags))

export const handler = Effect.fn("init")(function* () {
  yield* Console.log("The tables are ready.")
}, logEnd)
