// The words that start this command, for hints that a person pastes into a shell.

/** In a checkout `etl` is not in PATH: people start it by a script of this package. */
export const etlFrom = ({ npm_lifecycle_event: script, npm_package_name: name }: NodeJS.ProcessEnv): string =>
  name === "user-activity-etl" && (script === "etl" || script === "start") ? "npm run etl --" : "etl"

export const etl = etlFrom(process.env)
