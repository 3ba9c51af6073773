// Which database a PgClient is connected to: the layer that makes the client provides both.

import { Context } from "effect"

export class Database extends Context.Service<
  Database,
  {
    /** An embedded database has one process and one connection. */
    readonly kind: "server" | "embedded"
    /** `PostgreSQL user_activity at localhost:5432`, `embedded PostgreSQL in .etl/pgdata`. For people; no password. */
    readonly name: string
  }
>()("user-activity-etl/domain/Database") {}
