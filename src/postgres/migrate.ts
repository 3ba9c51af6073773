// The migrations, and what runs them.

import { Effect, Layer } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { SqlError } from "effect/sql/SqlError"
import { DatabaseError, fromSqlError, toDatabaseError } from "../domain/DatabaseError.ts"
import { makeClient } from "./client.ts"
import tables from "./migrations/0001_tables.ts"
import resume from "./migrations/0002_resume.ts"
import attempts from "./migrations/0003_attempts.ts"
import permits from "./migrations/0004_permits.ts"
import rejects from "./migrations/0005_rejects.ts"
import lanes from "./migrations/0006_lanes.ts"
import history from "./migrations/0007_history.ts"
import cluster from "./migrations/0008_cluster.ts"
import clusterKey from "./migrations/0009_cluster_key.ts"
import clusterResult from "./migrations/0010_cluster_result.ts"
import runAddresses from "./migrations/0011_run_addresses.ts"
import format from "./migrations/0012_format.ts"
import widths from "./migrations/0013_widths.ts"
import instant from "./migrations/0014_instant.ts"
import blanked from "./migrations/0015_blanked.ts"
import extra from "./migrations/0016_extra.ts"
import oneStatement from "./migrations/0017_one_statement.ts"
import { AdoptionError } from "./migrations/addColumns.ts"
import { patiently } from "../repo/patience.ts"
import { requireVersion } from "./serverVersion.ts"

/** In the order in which they run: the place of each is its number. */
export const migrations = {
  "0001_tables": tables,
  "0002_resume": resume,
  "0003_attempts": attempts,
  "0004_permits": permits,
  "0005_rejects": rejects,
  "0006_lanes": lanes,
  "0007_history": history,
  "0008_cluster": cluster,
  "0009_cluster_key": clusterKey,
  "0010_cluster_result": clusterResult,
  "0011_run_addresses": runAddresses,
  "0012_format": format,
  "0013_widths": widths,
  "0014_instant": instant,
  "0015_blanked": blanked,
  "0016_extra": extra,
  "0017_one_statement": oneStatement,
}

const runMigrations = Migrator.make({})({ table: "etl_migrations", loader: Migrator.fromRecord(migrations) })

/** PostgreSQL 13. */
export const leastServerVersion = 130_000

const migrationError = (error: Migrator.MigrationError | SqlError | DatabaseError): DatabaseError => {
  if (error._tag !== "MigrationError") return toDatabaseError(error)
  const cause = error.cause
  if (cause instanceof SqlError) return fromSqlError(cause)
  const message = cause instanceof AdoptionError ? cause.message : error.message
  return new DatabaseError({ operation: "migrate", message, retryable: false })
}

const migrate = Effect.flatMap(makeClient, (sql) =>
  requireVersion(sql, leastServerVersion, "13 or newer is needed.").pipe(
    Effect.andThen(runMigrations),
    Effect.provideService(SqlClient.SqlClient, sql),
    // The Migrator dies where the connection is lost in its transaction: its ROLLBACK fails too.
    Effect.catchDefect((defect) =>
      defect instanceof SqlError || defect instanceof Migrator.MigrationError
        ? Effect.fail(defect)
        : Effect.die(defect),
    ),
    Effect.asVoid,
    Effect.mapError(migrationError),
    patiently,
    Effect.withSpan("Postgres.migrate"),
  ),
)

/**
 * Creates or upgrades the tables, all of them: every layer that needs any builds on this one. Several processes may do
 * it at once. No data of a user is ever dropped.
 */
export const layer = Layer.effectDiscard(migrate)
