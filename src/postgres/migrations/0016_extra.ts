// The fields of a file that have no column of their own.

import { addNullableColumns } from "./addColumns.ts"

/** Null: the mapping keeps none. A constant null rewrites no row. */
export default addNullableColumns([["extra", "jsonb"]])
