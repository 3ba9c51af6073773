// Reads the .env file of the current directory.

import { statSync } from "node:fs"
import { parseEnv } from "node:util"
import { readSmallFileSync } from "../text/smallFile.ts"

/**
 * The variables that a .env sets, as help lists them; `*` is any end of a name. No others: a file in the current
 * directory must not choose a program that runs.
 */
export const variables = [
  "DATABASE_URL",
  "DB_USER",
  "DB_PASS",
  "DB_HOST",
  "DB_PORT",
  "DB_NAME",
  "DB_SSLMODE",
  "DB_SSLROOTCERT",
  "IP_API_URL",
  "IP_API_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_REGION",
  "OTEL_EXPORTER_OTLP_*",
] as const

/** Whether a .env sets the variable. */
export const isOfDotEnv = (name: string): boolean =>
  variables.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each))

/** The names in a .env. */
export interface DotEnvNames {
  /** Variables that it has set; those of the environment override them. */
  readonly set: ReadonlySet<string>
  /** Names that it must not set. */
  readonly ignored: ReadonlyArray<string>
}

const nothing: DotEnvNames = { set: new Set(), ignored: [] }

const assignment = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`|[^\n]*).*$/gm

/** The number of the first line that is neither an assignment nor a comment nor blank; its text may be a secret. */
const malformedLine = (text: string): number | undefined => {
  // A quoted value may span lines, which are kept so that the number is right.
  const rest = text.replaceAll(assignment, (lines) => lines.replaceAll(/[^\n]/g, ""))
  const index = rest.split("\n").findIndex((line) => !/^\s*(?:#|$)/.test(line))
  return index === -1 ? undefined : index + 1
}

/**
 * Sets the variables of a file of `NAME=value` lines, if it exists. Variables of the environment override them, and
 * names that are not in the list are ignored. Throws an Error that says what is wrong with the file: an invalid line may
 * be meant to name the database.
 */
export const loadDotEnv = (path: string): DotEnvNames => {
  let text: string
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    // Python keeps its virtual environments in directories of that name.
    if (stat === undefined || stat.isDirectory()) return nothing
    text = new TextDecoder("utf-8", { fatal: true }).decode(readSmallFileSync(path)).replaceAll(/\r\n?/g, "\n")
  } catch (error) {
    const why =
      error instanceof TypeError ? "it is not UTF-8 text" : error instanceof Error ? error.message : String(error)
    throw new Error(`${path} cannot be read: ${why}. Correct it, or remove it.`, { cause: error })
  }
  const line = malformedLine(text)
  if (line !== undefined || text.includes("\0")) {
    throw new Error(`${path}:${line ?? 1}: the line is not NAME=value. Correct it, or put # before it.`)
  }
  const { set = [], ignored = [] } = Object.groupBy(Object.entries(parseEnv(text)), ([name]) =>
    isOfDotEnv(name) ? "set" : "ignored",
  )
  const unset = set.filter(([name]) => process.env[name] === undefined)
  for (const [name, value] of unset) process.env[name] = value
  return { set: new Set(unset.map(([name]) => name)), ignored: ignored.map(([name]) => name) }
}
