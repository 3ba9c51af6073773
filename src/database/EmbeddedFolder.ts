// The folder of an embedded database: its owner, its contents, and how a first database gets into it.

import { Effect, type Scope } from "effect"
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DatabaseError, type DatabaseReason } from "../domain/DatabaseError.ts"
import * as FolderLock from "./FolderLock.ts"

/** The major version of PostgreSQL in the installed PGlite. */
const majorVersion = "18"

/** Where in the folder a first database is built: a kill leaves it behind. */
const building = "etl.new"

/** Where a complete database is while its entries are moved into the folder. */
const built = "etl.built"

/** Marks a database, to PostgreSQL and to us: it is moved last. */
const versionFile = "PG_VERSION"

/** The folder of an embedded database, locked for this process. */
export interface EmbeddedFolder {
  /** Absolute, symlinks resolved. */
  readonly path: string
  /** Where a first database must be built, to be moved in by `moveIn`; undefined when there is one. */
  readonly buildAt: string | undefined
}

const refuse = (reason: DatabaseReason, message: string) =>
  new DatabaseError({ operation: "open", reason, setting: "directory", message, retryable: false })

const another = "Use another folder."

const attempt = <A>(what: string, run: () => A) =>
  Effect.try({
    try: run,
    catch: (cause) =>
      refuse("unusable", `${what}: ${cause instanceof Error ? cause.message : String(cause)}. ${another}`),
  })

/**
 * Makes a folder and its parents, for their owner alone. One by one: in /proc, where the system denies
 * parents that exist, Node's `recursive` never returns, whatever the signal.
 */
const makeFolders = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  const parent = dirname(path)
  if (parent !== path) makeFolders(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process made it meanwhile.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}

/** The real path, so that messages name a folder in one way, whether it exists or not. */
const locate = (directory: string): string => {
  const path = resolve(directory)
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync.native(path)
  makeFolders(dirname(path))
  return join(realpathSync.native(dirname(path)), basename(path))
}

/** What the folder holds. Fails, without touching anything, when that is no embedded database of this version. */
const inspect = Effect.fnUntraced(function* (path: string) {
  const cannotRead = `Cannot read the embedded database's folder ${path}`
  const stat = yield* attempt(cannotRead, () => statSync(path, { throwIfNoEntry: false }))
  if (stat === undefined) return "nothing"
  if (!stat.isDirectory()) {
    return yield* refuse("foreign", `${path} is a file, not the folder of an embedded database. ${another}`)
  }
  const names = yield* attempt(cannotRead, () => readdirSync(path))
  if (names.includes(built)) return "moving"
  if (names.every((name) => name === FolderLock.lockFile || name === building)) return "nothing"
  if (!names.includes(versionFile)) {
    return yield* refuse(
      "foreign",
      `${path} holds something other than an embedded database; nothing in it was touched. ${another}`,
    )
  }
  if (names.includes("postmaster.opts")) {
    return yield* refuse(
      "serverData",
      `${path} belongs to a PostgreSQL server; nothing in it was touched. Connect to the server, or use another folder.`,
    )
  }
  const version = yield* attempt(cannotRead, () => readFileSync(join(path, versionFile), "utf8").trim())
  if (version !== majorVersion) {
    return yield* refuse(
      "version",
      `The database in ${path} needs PostgreSQL ${version}, but this program has PostgreSQL ${majorVersion}; ` +
        "nothing in it was touched. Use the version of this program that made it, or another folder.",
    )
  }
  return "database"
})

/** Whether there is an embedded database in the folder, which need not exist. Locks nothing, makes nothing. */
export const isThere = (directory: string): Effect.Effect<boolean, DatabaseError> =>
  Effect.map(inspect(resolve(directory)), (found) => found !== "nothing")

/**
 * Makes the folder, or makes an empty one private. Fails when it belongs to another user, or others may write to it:
 * with a link in it they could have this process write anywhere. PostgreSQL refuses such a folder too.
 */
const secure = Effect.fnUntraced(function* (path: string, isEmpty: boolean) {
  const cannotUse = `Cannot use ${path} for the embedded database`
  if (isEmpty) yield* attempt(cannotUse, () => makeFolders(path))
  const user = process.getuid?.()
  if (user === undefined) return
  const { uid } = yield* attempt(cannotUse, () => statSync(path))
  if (uid !== user) {
    return yield* refuse(
      "permission",
      `${path} belongs to another user (uid ${uid}; this process has uid ${user}); nothing in it was touched. ` +
        "Run as its owner, change its owner, or use another folder.",
    )
  }
  if (isEmpty) yield* attempt(cannotUse, () => chmodSync(path, 0o700))
  const { mode } = yield* attempt(cannotUse, () => statSync(path))
  if ((mode & 0o022) !== 0) {
    return yield* refuse(
      "permission",
      `Other users may write to ${path}; nothing in it was touched. ` +
        "If its contents are yours, run chmod go-w on it, or use another folder.",
    )
  }
})

/** Moves what was built into the folder. After a kill `open` moves the rest. */
const moveEntries = (path: string): void => {
  const from = join(path, built)
  const names = readdirSync(from).sort((a, b) => Number(a === versionFile) - Number(b === versionFile))
  for (const name of names) renameSync(join(from, name), join(path, name))
  rmdirSync(from)
}

const moving = (path: string, move: () => void) => attempt(`Cannot move the new database into ${path}`, move)

/** Moves a database that was built at `buildAt` into its folder. */
export const moveIn = (path: string) =>
  moving(path, () => {
    renameSync(join(path, building), join(path, built))
    moveEntries(path)
  })

/** Locks the folder until the scope closes; `buildAt` says whether a first database must be built. */
export const open = Effect.fn("EmbeddedFolder.open")(function* (
  directory: string,
): Effect.fn.Return<EmbeddedFolder, DatabaseError, Scope.Scope> {
  const path = yield* attempt(`Cannot use ${directory} for the embedded database`, () => locate(directory))
  yield* secure(path, (yield* inspect(path)) === "nothing")
  yield* FolderLock.acquire(path)
  // The process that had the lock until now may have moved a database in.
  if ((yield* inspect(path)) === "moving") yield* moving(path, () => moveEntries(path))
  if ((yield* inspect(path)) === "database") return { path, buildAt: undefined }
  const buildAt = join(path, building)
  yield* attempt(`Cannot remove what an unfinished start left in ${path}`, () =>
    rmSync(buildAt, { recursive: true, force: true }),
  )
  return { path, buildAt }
})
