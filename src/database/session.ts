// The settings of every session, the same on a server and in the embedded database.

/**
 * A plan is made for each execution: one kept from when a table was empty would read all of it once it has grown. (The
 * upsert forbids such plans, and keeps one.) A backslash in our statements is a character, whatever a role's settings.
 * PGlite ignores the timeout.
 */
export const sessionParameters = {
  application_name: "user-activity-etl",
  statement_timeout: "120s",
  plan_cache_mode: "force_custom_plan",
  client_min_messages: "warning",
  timezone: "UTC",
  datestyle: "ISO",
  standard_conforming_strings: "on",
} as const

/** The longest message taken from the database, in bytes: a row with several of the largest rejects fits. */
export const maxMessageSize = 256 * 1024 * 1024
