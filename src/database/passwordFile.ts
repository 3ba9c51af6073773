// Finds a password in libpq's password file: PGPASSFILE, else ~/.pgpass.

import { Config, Effect, Option, Redacted } from "effect"
import { statSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { quote } from "../text/shell.ts"
import { readSmallFile } from "../text/readSmallFile.ts"

/** What a password is for. */
export interface Login {
  /** The directory of a Unix socket matches `localhost` too. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
}

/** The password from the file; `ignored`: why the file is not read, for people. */
export interface PasswordFile {
  readonly path: string
  readonly password: Redacted.Redacted | undefined
  readonly ignored: string | undefined
}

const permissionsOfOthers = 0o077

const defaultPath = (): string =>
  process.platform === "win32"
    ? join(process.env["APPDATA"] ?? homedir(), "postgresql", "pgpass.conf")
    : join(homedir(), ".pgpass")

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")

const check = (path: string): "missing" | "usable" => {
  try {
    const stat = statSync(path)
    if (!stat.isFile()) throw new Error("it is not a regular file")
    if (process.getuid !== undefined && (stat.mode & permissionsOfOthers) !== 0) {
      throw new Error(`other users may have access to it. Run chmod 600 ${quote(path)}`)
    }
    return "usable"
  } catch (error) {
    if (isMissing(error)) return "missing"
    throw error
  }
}

const field = String.raw`((?:\\.|[^:\\])*)`
/** Host, port, database, user and password; a further colon ends the password. */
const entry = new RegExp(String.raw`^${field}:${field}:${field}:${field}:((?:\\.|[^:\\])*\\?)`)

const unescape = (text: string): string => text.replaceAll(/\\(.)/g, "$1")

/** The password of the first line that fits, as libpq reads it. */
export const passwordIn = (text: string, { host, port, database, username }: Login): string | undefined => {
  const hosts = host.startsWith("/") ? [host, "localhost"] : [host]
  const wanted = [hosts, [String(port)], [database], [username]]
  for (const line of text.split(/\r?\n/)) {
    const [, ...fields] = (line.startsWith("#") ? null : entry.exec(line)) ?? []
    const isMatch = wanted.every((values, index) => {
      const value = fields[index]
      return value !== undefined && (value === "*" || values.includes(unescape(value)))
    })
    if (isMatch) return unescape(fields[4]!)
  }
  return undefined
}

/** Looks up a password. A missing file gives none; one that others may read is ignored. */
export const find = Effect.fn("passwordFile.find")(function* (login: Login): Effect.fn.Return<PasswordFile> {
  const configured = yield* Effect.option(Config.String("PGPASSFILE"))
  const path = Option.getOrElse(configured, defaultPath)
  return yield* Effect.gen(function* () {
    const found = yield* Effect.try({
      try: () => check(path),
      catch: (error) => (error instanceof Error ? error.message : String(error)),
    })
    const password = found === "missing" ? undefined : passwordIn(yield* readSmallFile(path), login)
    // An empty one is none, to libpq too.
    return { path, password: password ? Redacted.make(password) : undefined, ignored: undefined }
  }).pipe(
    Effect.catch((why) =>
      Effect.succeed({ path, password: undefined, ignored: `The password file ${path} is ignored: ${why}.` }),
    ),
  )
})
