import { Effect, Option } from "effect"
import * as PgServer from "../database/PgServer.ts"
import { UsageError } from "./CommandError.ts"
import type { InitFlags } from "./init.ts"

/** Which database the flags, or else the variables, name. */
export const chooseDatabase = Effect.fnUntraced(function* ({ databaseUrl, embedded }: InitFlags) {
  if (Option.isSome(databaseUrl) && Option.isSome(embedded)) {
    return yield* new UsageError({
      message: "--database-url and --embedded name two databases; give one of them",
    })
  }
  const isServer = Option.isSome(databaseUrl) || (Option.isNone(embedded) && (yield* PgServer.isConfigured))
  return isServer
    ? { _tag: "Server" as const, url: Option.getOrUndefined(databaseUrl) }
    : { _tag: "Embedded" as const, folder: Option.getOrElse(embedded, () => ".etl/pgdata") }
})
