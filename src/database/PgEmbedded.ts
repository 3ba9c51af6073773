// The embedded database: PostgreSQL without a server, in a folder of this machine or in memory.

import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { Database } from "../domain/Database.ts"
import { type DatabaseError, fromSqlError } from "../domain/DatabaseError.ts"
import * as EmbeddedFolder from "./EmbeddedFolder.ts"
import * as PgliteThread from "./PgliteThread.ts"
import { maxMessageSize, sessionParameters } from "./session.ts"
import { types } from "./types.ts"

const taskOf = (directory: string | undefined): PgliteThread.Task => ({
  directory,
  buildAt: undefined,
  parameters: sessionParameters,
  unread: new Int32Array(new SharedArrayBuffer(4)),
})

const open = Effect.fnUntraced(function* (task: PgliteThread.Task) {
  const thread = yield* PgliteThread.start(task)
  return yield* PgClient.make({
    stream: thread.connect,
    username: "postgres",
    database: "postgres",
    // A connection waits for the statement that the one before it left running.
    connectTimeout: Duration.infinity,
    maxConnections: 1,
    maxMessageSize,
    types,
  }).pipe(Effect.mapError(fromSqlError))
})

const openFolder = Effect.fnUntraced(function* (directory: string) {
  const folder = yield* EmbeddedFolder.open(directory)
  const task = taskOf(folder.path)
  if (folder.buildAt !== undefined) {
    yield* Effect.logInfo(`Creating the embedded database in ${directory} ...`)
    yield* PgliteThread.build({ ...task, buildAt: folder.buildAt })
    yield* EmbeddedFolder.moveIn(folder.path)
  }
  return yield* open(task)
})

const named = (name: string) => Layer.succeed(Database, { kind: "embedded", name: `embedded PostgreSQL in ${name}` })

/** Where an embedded database is. */
export interface PgEmbeddedOptions {
  /** Its folder, made if it is missing. */
  readonly directory: string
}

/**
 * PGlite in a thread of its own, behind the same client as a server. The folder and its parents are created, for their
 * owner alone; the first start builds the database aside, which takes seconds. One process has the folder at a time,
 * also among containers that share it. A killed process loses nothing that was committed; a power cut may. There is one
 * connection: a transaction makes every other statement wait, and an interrupted statement runs to its end.
 *
 * Fails when the folder is in use, holds something else or another version of PostgreSQL, or when other users may write
 * to it. Once the thread has ended, statements fail with a connection error.
 *
 * @example
 * ```ts
 * import * as PgEmbedded from "user-activity-etl/PgEmbedded"
 *
 * export const database = PgEmbedded.layer({ directory: ".etl/pgdata" })
 * ```
 */
export const layer = ({ directory }: PgEmbeddedOptions): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError> =>
  Layer.merge(PgClient.layerFrom(openFolder(directory)), named(directory))

/**
 * An empty database in memory, gone with the scope: for tests. The first start on a machine takes seconds; what it has
 * built is kept for all later ones, in a folder of this user in the system's temporary one. It is the same database
 * wherever a program provides it: `Layer.fresh` makes another.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as PgEmbedded from "user-activity-etl/PgEmbedded"
 * import * as Postgres from "user-activity-etl/Postgres"
 *
 * export const repositories = Postgres.layer.pipe(Layer.provide(PgEmbedded.layerTemp))
 * ```
 */
export const layerTemp: Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError> = Layer.merge(
  PgClient.layerFrom(Effect.suspend(() => open(taskOf(undefined)))),
  named("memory"),
)
