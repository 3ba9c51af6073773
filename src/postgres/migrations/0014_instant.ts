// The instant of `users.updated_at`.

import { addNullableColumns } from "./addColumns.ts"

/** Null: there is no `updated_at`, or the row was written before this column. A constant null rewrites no row. */
export default addNullableColumns([["updated_instant", "timestamp with time zone"]])
