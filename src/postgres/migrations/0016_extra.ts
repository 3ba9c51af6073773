// The fields of a file that have no column of their own.

import { addColumns } from "./addColumns.ts"

/** Null: the mapping keeps none. A constant null rewrites no row. */
export default addColumns([["extra", "jsonb"]])
