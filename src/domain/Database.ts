// Which database the statements of a PgClient go to: the layer that makes the client says it.

import { Context } from "effect"

export class Database extends Context.Service<
  Database,
  {
    /** An embedded one has one process and one connection. */
    readonly kind: "server" | "embedded"
    /** What people see: `PostgreSQL user_activity at localhost:5432`, `embedded PostgreSQL in .etl/pgdata`. No password. */
    readonly name: string
  }
>()("user-activity-etl/domain/Database") {}
