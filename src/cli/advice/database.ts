// What to do about an error of a database or of the log, by its tag and its fields.

import type {
  DatabaseConfigError,
  DatabaseError,
  DatabaseOrigins,
  DatabaseSetting,
} from "../../domain/DatabaseError.ts"
import type { NotFound } from "../../repo/NotFound.ts"
import type { RunInClusterError } from "../../repo/RunInClusterError.ts"
import { etl } from "../../text/etl.ts"

/** Where a setting is that no variable and no file gives. */
const flag = "--database-url"

/** Settings as a connection string names them. */
const inUrl: Partial<Readonly<Record<DatabaseSetting, string>>> = {
  username: "user",
  connectTimeout: "connect_timeout",
}

const isVariable = (origin: string): boolean => /^(?:DB|PG)[A-Z_]*$/.test(origin)

/** `Set DB_HOST and DB_PORT.`, `Set host and port in --database-url.` */
const set = (settings: ReadonlyArray<DatabaseSetting>, origins: DatabaseOrigins): string => {
  const byPlace = Map.groupBy(settings, (setting) => origins[setting] ?? flag)
  const places = Array.from(byPlace, ([place, within]) =>
    isVariable(place) || within.includes("url")
      ? place
      : `${within.map((setting) => inUrl[setting] ?? setting).join(" and ")} in ${place}`,
  )
  return `Set ${places.join(" and ")}.`
}

const ofDatabaseError = ({ origins, reason, setting }: DatabaseError): string | undefined => {
  if (reason === "stopped") return "Run the same command again."
  if (reason === "serverData") return "Name the server with --database-url URL, or a folder with --embedded DIR."
  if (setting === "directory") return "Name one with --embedded DIR."
  // The message says what to do there.
  if (setting === undefined || origins === undefined || reason === "noDatabase" || reason === "silence")
    return undefined
  return set(reason === "refused" ? ["host", "port"] : [setting], origins)
}

const ofConfigError = ({ origins, setting }: DatabaseConfigError): string | undefined =>
  origins && set([setting], origins)

const database = "with the same database flags"

/** What to do where the database has no run yet. */
export const loadFirst = `Run ${etl} --source DIR, ${database}.`

const ofNotFound = ({ what }: NotFound): string | undefined => {
  switch (what) {
    case "runs":
      return loadFirst
    case "clusterRuns":
      return `Hand one over: ${etl} run --cluster. ${etl} runs lists the others.`
    case "tables":
      return `Run ${etl} --source DIR or ${etl} init, ${database}.`
    case "run":
      return undefined
  }
}

const ofRunInCluster = ({ runId }: RunInClusterError): string =>
  `Run: ${etl} follow ${runId}, or: ${etl} cancel ${runId}.`

/** By the error's tag. */
export const databaseAdvice = {
  DatabaseError: ofDatabaseError,
  DatabaseConfigError: ofConfigError,
  NotFound: ofNotFound,
  RunInClusterError: ofRunInCluster,
  LogFileError: () => "Name it with --logfile FILE.",
} as Readonly<Record<string, (error: object) => string | undefined>>
