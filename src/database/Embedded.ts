// The embedded database: PostgreSQL in a folder of this machine, without a server.

import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { Database } from "../domain/Database.ts"
import { type DatabaseError, fromSqlError } from "../domain/DatabaseError.ts"
import * as EmbeddedFolder from "./EmbeddedFolder.ts"
import * as PgliteThread from "./PgliteThread.ts"
import { maxMessageSize, sessionParameters } from "./session.ts"

export { isThere } from "./EmbeddedFolder.ts"

const client = Effect.fnUntraced(function* (directory: string) {
  const folder = yield* EmbeddedFolder.open(directory)
  const task: PgliteThread.Task = {
    directory: folder.path,
    buildAt: undefined,
    parameters: sessionParameters,
    unread: new Int32Array(new SharedArrayBuffer(4)),
  }
  if (folder.buildAt !== undefined) {
    yield* Effect.logInfo(`Creating the embedded database in ${directory} ...`)
    yield* PgliteThread.build({ ...task, buildAt: folder.buildAt })
    yield* EmbeddedFolder.moveIn(folder.path)
  }
  const thread = yield* PgliteThread.start(task)
  return yield* PgClient.make({
    stream: thread.connect,
    username: "postgres",
    database: "postgres",
    // A connection waits for the statement that the one before it left running.
    connectTimeout: Duration.infinity,
    maxConnections: 1,
    maxMessageSize,
  }).pipe(Effect.mapError(fromSqlError))
})

/**
 * PGlite in a thread of its own, behind the same client as a server. The folder and its parents are created, for their
 * owner alone; the first start builds the database aside, which takes seconds. One process has the folder at a time,
 * also among containers that share it. A killed process loses nothing that was committed; a power cut may. There is one
 * connection: a transaction makes every other statement wait, and an interrupted statement runs to its end.
 *
 * Fails when the folder is in use, holds something else or another version of PostgreSQL, or when other users may write
 * to it. Statements fail with a connection error whose cause is EmbeddedStopped once the thread has ended.
 */
export const layer = (directory: string): Layer.Layer<PgClient.PgClient | SqlClient | Database, DatabaseError> =>
  Layer.merge(
    PgClient.layerFrom(client(directory)),
    Layer.succeed(Database, { kind: "embedded", name: `embedded PostgreSQL in ${directory}` }),
  )
