import { Effect, type Scope } from "effect"
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DatabaseError } from "../domain/DatabaseError.ts"
import * as FolderLock from "./FolderLock.ts"

/** The major version of PostgreSQL that the installed PGlite is. */
const majorVersion = "18"

/** The folder of an embedded database, locked for this process. */
export interface EmbeddedFolder {
  /** Absolute, symlinks resolved. */
  readonly path: string
  /** Where a first database is to be built, to be renamed to `path` once it is whole; undefined when there is one. */
  readonly buildAt: string | undefined
}

const refuse = (message: string) => new DatabaseError({ operation: "open", message, retryable: false })

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The real path, by which every process calls the same folder the same, whether it exists or not. */
const locate = (directory: string): string => {
  const path = resolve(directory)
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync.native(path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return join(realpathSync.native(dirname(path)), basename(path))
}

/** Whether there is a database in the folder. Fails, having touched nothing, when something else is. */
const holdsDatabase = Effect.fnUntraced(function* (path: string) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return false
  const another = "Name another one with --embedded DIR."
  if (!stat.isDirectory()) return yield* refuse(`${path} is a file, not the folder of an embedded database. ${another}`)
  const names = yield* Effect.try({
    try: () => readdirSync(path),
    catch: (cause) => refuse(`Cannot read the embedded database's folder ${path}: ${reason(cause)}. ${another}`),
  })
  if (names.length === 0) return false
  if (!names.includes("PG_VERSION")) {
    return yield* refuse(
      `${path} holds something else than an embedded database; nothing in it was touched. ${another}`,
    )
  }
  if (names.includes("postmaster.opts")) {
    return yield* refuse(
      `${path} belongs to a PostgreSQL server; nothing in it was touched. ` +
        `Connect to the server with --database-url, or name another folder with --embedded DIR.`,
    )
  }
  const version = yield* Effect.try({
    try: () => readFileSync(join(path, "PG_VERSION"), "utf8").trim(),
    catch: (cause) => refuse(`Cannot read the embedded database's folder ${path}: ${reason(cause)}. ${another}`),
  })
  if (version !== majorVersion) {
    return yield* refuse(
      `The database in ${path} is of PostgreSQL ${version}, and this program's is PostgreSQL ${majorVersion}; ` +
        `nothing in it was touched. Use the version of this program that made it, or load into another folder with --embedded DIR.`,
    )
  }
  return true
})

/** Whether there is an embedded database in the folder, which need not be there. Locks nothing, makes nothing. */
export const isThere = (directory: string): Effect.Effect<boolean, DatabaseError> => holdsDatabase(resolve(directory))

/** What a killed first start left beside the folder. Only the holder of the lock may call it. */
const removeLeftovers = (path: string): void => {
  const prefix = `${basename(path)}.new-`
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue
    rmSync(join(dirname(path), name), { recursive: true, force: true })
  }
}

/** Locks the folder until the scope closes, and tells whether a first database must be built there. */
export const open = Effect.fn("EmbeddedFolder.open")(function* (
  directory: string,
): Effect.fn.Return<EmbeddedFolder, DatabaseError, Scope.Scope> {
  const path = yield* Effect.try({
    try: () => locate(directory),
    catch: (cause) =>
      refuse(
        `Cannot use ${directory} for the embedded database: ${reason(cause)}. Name another folder with --embedded DIR.`,
      ),
  })
  yield* FolderLock.acquire(path)
  if (yield* holdsDatabase(path)) return { path, buildAt: undefined }
  yield* Effect.try({
    try: () => removeLeftovers(path),
    catch: (cause) =>
      refuse(`Cannot clear what an unfinished start left beside ${path}: ${reason(cause)}. Remove it by hand.`),
  })
  return { path, buildAt: `${path}.new-${process.pid}` }
})
