// The repositories over real databases, and loads in them.

import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { RunRepo } from "../../src/repo/RunRepo.ts"
import { UserRepo } from "../../src/repo/UserRepo.ts"
import { freshFolder } from "./embedded.ts"
import { header, start } from "./records.ts"
import { clientLayer, freshDatabase, sharedPostgres } from "./postgres.ts"

/** A fresh database on the server. */
export const native = Layer.unwrap(
  Effect.gen(function* () {
    return clientLayer(yield* sharedPostgres, yield* freshDatabase)
  }),
)
/** An embedded database in a fresh folder. */
export const embedded = Layer.unwrap(Effect.map(freshFolder, (directory) => PgEmbedded.layer({ directory })))

const migrated = Layer.effectDiscard(Effect.flatMap(UserRepo, (users) => users.migrate))
/** The repositories of a database, with its tables migrated. */
export const repos = <E>(database: Layer.Layer<PgClient.PgClient, E>) =>
  migrated.pipe(Layer.provideMerge(Repositories.layer), Layer.provideMerge(database))

let files = 0
/** The load, just started, of a new file by the unfinished run of that source. */
export const newLoadOf = Effect.fnUntraced(function* (source: string) {
  const runs = yield* RunRepo
  const request = { source, mapping: "m", force: false }
  const { runId } = yield* Effect.scoped(runs.begin(request))
  const [load] = yield* runs.register(runId, request, [{ uri: `/file${files++}.csv`, fingerprint: "1", size: 1 }])
  yield* runs.beginFile(load!, { header, parts: [{ start, end: undefined }], maxRecordSize: 1024 })
  return { ...load!, ...load!.parts[0]! }
})
export const newLoad = newLoadOf("test")

/** Empties all tables. */
export const clear = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`truncate users, ip_locations, etl_rejects, etl_checkpoints, etl_files, etl_runs restart identity cascade`
})
