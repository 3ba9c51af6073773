// Reports settings of libpq that are ignored: people set them for psql, and expect the same database.

import { Effect, Option } from "effect"
import * as serverVariables from "../../database/serverVariables.ts"
import { chooseDatabase } from "../chooseDatabase.ts"
import { note } from "./finding.ts"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"

const ignored = Effect.fnUntraced(function* (flags: DatabaseFlags) {
  const choice = yield* chooseDatabase(flags)
  const isEmbedded = choice._tag === "Embedded"
  const names = yield* serverVariables.ignoredVariables({ isEmbedded, url: Option.getOrUndefined(flags.databaseUrl) })
  const file = isEmbedded ? undefined : (yield* serverVariables.settings({ url: choice.url })).passwordFile?.ignored
  return [
    ...(names.length === 0
      ? []
      : [
          note(
            "PG*",
            `ignored: ${names.join(", ")}. They apply if PGHOST, PGPORT, PGUSER or PGDATABASE is set, ` +
              "and no --database-url, --embedded, DATABASE_URL or DB_*.",
          ),
        ]),
    ...(file === undefined ? [] : [note("password", file)]),
  ]
})

/** As notes. The check of the database reports invalid settings. */
export const ignoredSettings = (flags: DatabaseFlags) => Effect.orElseSucceed(ignored(flags), () => [])
