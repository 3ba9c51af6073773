// The instant of `users.updated_at`.

import { addColumns } from "./addColumns.ts"

/** Null: there is no `updated_at`, or the row was written before this column. A constant null rewrites no row. */
export default addColumns([["updated_instant", "timestamp with time zone"]])
