// Settings of the planner for the transactions that write users.

/**
 * Expressions that set them until the transaction ends. A table that grows during the load has no statistics yet: the
 * planner would read all of it for each chunk. And it would plan again for each, which takes longer than writing a
 * hundred rows.
 */
export const preferIndexes = `
  set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)`
