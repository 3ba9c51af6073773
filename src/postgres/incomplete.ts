// How a statement fails that does not do all that it should.

import { SqlError } from "effect/sql/SqlError"
import { sqlState } from "../domain/DatabaseError.ts"

/** The SQLSTATE of `etl_require`. The standard leaves classes from `I` on to implementations; PostgreSQL has none in `U`. */
const incomplete = "UETL1"

export const isIncomplete = (error: unknown): boolean => error instanceof SqlError && sqlState(error) === incomplete
