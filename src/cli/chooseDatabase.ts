// Chooses the database: what the flags name, else what the variables name, else the embedded one.

import { Effect, Option } from "effect"
import * as serverVariables from "../database/serverVariables.ts"
import { embeddedDirectory } from "./flags/databaseFlags.ts"
import type { DatabaseFlags } from "./flags/databaseFlags.ts"

export const chooseDatabase = Effect.fnUntraced(function* ({ databaseUrl, embedded }: DatabaseFlags) {
  const isServer = Option.isSome(databaseUrl) || (Option.isNone(embedded) && (yield* serverVariables.isConfigured))
  return isServer
    ? { _tag: "Server" as const, url: Option.getOrUndefined(databaseUrl) }
    : { _tag: "Embedded" as const, folder: Option.getOrElse(embedded, () => embeddedDirectory) }
})
