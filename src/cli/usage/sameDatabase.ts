// The flags that name the same database in a suggested command.

import { Option } from "effect"
import { quote } from "../../text/shell.ts"
import type { DatabaseFlags } from "../flags/databaseFlags.ts"

/** ` --embedded DIR`, each flag after a space; a connection string, which may hold a password, becomes `URL`. */
export const sameDatabase = ({ databaseUrl, embedded }: Pick<DatabaseFlags, "databaseUrl" | "embedded">): string =>
  [
    ...(Option.isSome(databaseUrl) ? [" --database-url URL"] : []),
    ...(Option.isSome(embedded) ? [` --embedded ${quote(embedded.value)}`] : []),
  ].join("")
