// What a share needs that is committed by one statement.

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `etl_require` fails a statement that does not do all that it should: nothing of it stays. `gained`: the counts of the
 * last share that moved the checkpoint, in the columns' order, for the process that gets no answer to its statement.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create function etl_require(is_complete boolean) returns boolean language plpgsql as $$
    begin
      if is_complete then return true; end if;
      raise exception 'The statement does not do all that it should.' using errcode = 'UETL1';
    end $$`
  yield* sql`alter table etl_checkpoints add column gained bigint[]`
})
