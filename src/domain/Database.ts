// Which database a PgClient is connected to: the layers that make a client set it.

import { Context } from "effect"

/** A database, for the repositories and for people. */
export interface Database {
  /** An embedded database has one process and one connection. */
  readonly kind: "server" | "embedded"
  /** `PostgreSQL user_activity at localhost:5432`, `embedded PostgreSQL in .etl/pgdata`. For people; no password. */
  readonly name: string
}

/** By default a server, for a `PgClient` of another layer. */
export const Database = Context.Reference<Database>("user-activity-etl/domain/Database", {
  defaultValue: () => ({ kind: "server", name: "PostgreSQL" }),
})
