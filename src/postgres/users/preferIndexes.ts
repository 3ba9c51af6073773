// Settings of the planner for the statements that write users.

/**
 * A table that grows during the load has no statistics yet: the planner would read all of it for each chunk. And it
 * would plan again for each, which takes longer than writing a hundred rows.
 */
const settings = {
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_seqscan: "off",
  plan_cache_mode: "force_generic_plan",
}

const setAll = (isLocal: boolean): string =>
  Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', ${isLocal})`)
    .join(", ")

/** Expressions that set them until the transaction ends. */
export const preferIndexes = setAll(true)

/** A statement that sets them until the session ends, or `forgetIndexes`. */
export const keepIndexes = `select ${setAll(false)}`

/** A statement that sets them to what they were when the session began. */
export const forgetIndexes = `select set_config(name, reset_val, false) from pg_settings
  where name in (${Object.keys(settings)
    .map((name) => `'${name}'`)
    .join(", ")})`
