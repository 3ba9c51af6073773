import type { PgConnection } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { toDatabaseError } from "../domain/DatabaseError.ts"
import { makeClient } from "./client.ts"
import { ReadOnlyQuery } from "./ReadOnlyQuery.ts"
import { makeTransaction } from "./transaction.ts"

const make = Effect.gen(function* () {
  const sql = yield* makeClient
  const transaction = makeTransaction(sql)

  return ReadOnlyQuery.of({
    run: Effect.fn("ReadOnlyQuery.run")(function* (statement: string) {
      const result = (yield* transaction(
        Effect.andThen(sql`set transaction read only`, sql.unsafe(statement).raw),
      )) as PgConnection.Result
      const columns = result.fields.map(({ name }) => name)
      return { columns, rows: result.rows.map((row) => columns.map((column) => row[column])) }
    }, Effect.mapError(toDatabaseError)),
  })
})

export const layer = Layer.effect(ReadOnlyQuery, make)
