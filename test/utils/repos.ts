// The repositories over real databases, and loads in them.

import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { plainFormat } from "../../src/domain/Format.ts"
import { noPlaces } from "../../src/domain/rows/RowPlaces.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import * as PgClusterRuns from "../../src/postgres/runs/PgClusterRuns.ts"
import type { Share } from "../../src/domain/Lane.ts"
import type { Claims, StoredAnswers } from "../../src/repo/LocationQueue.ts"
import { type PartRef, RunRepo, type ShareLocations } from "../../src/repo/RunRepo.ts"
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

/** The repositories of a database. */
export const repos = <E>(database: Layer.Layer<PgClient.PgClient, E>) =>
  Layer.merge(Repositories.layer, PgClusterRuns.layer).pipe(Layer.provideMerge(database))

/** Commits a share of a file's chunk, as a run does. */
export const commit = Effect.fnUntraced(function* (
  part: PartRef,
  { users, ...share }: Share,
  locations: ShareLocations = { places: noPlaces, queue: [] },
) {
  const runs = yield* RunRepo
  const { upsert } = yield* UserRepo
  const { fileId } = part
  const own = {
    ...share,
    users: RowSet.of(users.records.map((user) => ({ ...user, fileId }))),
  }
  return yield* runs.commit(part, own, locations, upsert)
})

/** Commits a service's answers, and the places of the users. */
export const commitAnswers = Effect.fnUntraced(function* (claims: Claims, answers: StoredAnswers) {
  yield* claims.answer("test", answers, (yield* UserRepo).place)
})

/** Commits answers that cost nothing, and the places of the users. */
export const settleAnswers = Effect.fnUntraced(function* (claims: Claims, answers: StoredAnswers) {
  yield* claims.settle(answers, (yield* UserRepo).place)
})

let files = 0
/** The load, just started, of a new file by the unfinished run of that source. */
export const newLoadOf = Effect.fnUntraced(function* (source: string) {
  const runs = yield* RunRepo
  const request = { source, mapping: "m", force: false }
  const { runId } = yield* Effect.scoped(runs.begin(request))
  const [load] = yield* runs.register(runId, request, [{ uri: `/file${files++}.csv`, fingerprint: "1", size: 1 }])
  yield* runs.beginFile(load!, { header, format: plainFormat, parts: [{ start, end: undefined }], maxRecordSize: 1024 })
  return { ...load!, ...load!.parts[0]! }
})
export const newLoad = newLoadOf("test")

/** Empties all tables. */
export const clear = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`truncate users, ip_locations, etl_rejects, etl_bad_values, etl_checkpoints, etl_files, etl_runs restart identity cascade`
})
