import { Option } from "effect"
import { quote } from "../../text/shell.ts"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"

/** The flags that name the same database again, each after a space; a connection string may hold a password. */
export const sameDatabase = ({ databaseUrl, embedded }: Pick<DatabaseFlags, "databaseUrl" | "embedded">): string =>
  [
    ...(Option.isSome(databaseUrl) ? [" --database-url URL"] : []),
    ...(Option.isSome(embedded) ? [` --embedded ${quote(embedded.value)}`] : []),
  ].join("")
