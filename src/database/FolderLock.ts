// Keeps a folder for one process at a time, by a lock that the kernel frees when the process ends, however it ends.

import { Effect, type Scope } from "effect"
import { closeSync, lstatSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { DatabaseError } from "../domain/DatabaseError.ts"

/** The file in the folder that is locked. It is never removed: a lock on a file that is gone locks nothing. */
export const lockFile = "etl.lock"

/**
 * Node locks files through SQLite only. Some versions of Node print a warning when they load it, which helps no user.
 */
const loadSqlite = () => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule("node:sqlite")
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Makes the file if it is not there, for its owner alone. A link is not followed. */
const make = (file: string): void => {
  try {
    closeSync(openSync(file, "wx", 0o600))
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
    // Not opened here: closing it would free a lock that this process has.
    if (!lstatSync(file).isFile()) throw new Error(`${file} is not a regular file`, { cause: error })
  }
}

const lock = (file: string): DatabaseSync => {
  make(file)
  const database = new (loadSqlite().DatabaseSync)(file)
  try {
    // No journal file beside it.
    database.exec("pragma journal_mode = memory")
    // Of several processes at once, one gets the lock. With `exclusive` each could keep the others from it.
    database.exec("begin immediate")
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** True also where the file system has no locks: SQLite reports that as a lock of another process. */
const isBusy = (cause: unknown): boolean => cause instanceof Error && "errcode" in cause && cause.errcode === 5

/** The byte that SQLite locks for the writer. */
const reservedByte = 0x40000001

/** The process that has the lock, where the kernel lists it: Linux does, but not processes of other containers. */
const holderOf = (file: string): number | undefined => {
  try {
    const { dev, ino } = lstatSync(file)
    const hex = (number: number) => number.toString(16).padStart(2, "0")
    const id = `${hex((dev >> 8) & 0xfff)}:${hex((dev & 0xff) | ((dev >>> 12) & 0xfff00))}:${ino}`
    const pattern = new RegExp(`WRITE (\\d+) ${id} ${reservedByte} `)
    const pid = pattern.exec(readFileSync("/proc/locks", "utf8"))?.[1]
    return pid === undefined ? undefined : Number(pid)
  } catch {
    return undefined
  }
}

const holder = (pid: number | undefined): string => {
  if (pid === undefined) {
    return "by a process that is not visible here (in another container, on another machine), or its file system has no locks"
  }
  return pid === process.pid ? "by this process" : `by process ${pid}`
}

const inUse = (folder: string) =>
  new DatabaseError({
    operation: "open",
    reason: "inUse",
    setting: "directory",
    message:
      `The embedded database in ${folder} is in use ${holder(holderOf(join(folder, lockFile)))}. ` +
      "Wait until it has finished, or use another folder.",
    retryable: true,
  })

const unusable = (folder: string, cause: unknown) =>
  new DatabaseError({
    operation: "open",
    reason: "unusable",
    setting: "directory",
    message:
      `Cannot lock the embedded database in ${folder}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
      "Use another folder: one that this user may write to, on a file system that has locks.",
    retryable: false,
  })

/**
 * Locks a folder for this process until the scope closes. Fails when a running process has it, this one included. Also
 * holds between containers that share the folder, and between machines whose network file system shares locks.
 */
export const acquire = Effect.fn("FolderLock.acquire")(function* (
  folder: string,
): Effect.fn.Return<void, DatabaseError, Scope.Scope> {
  yield* Effect.acquireRelease(
    Effect.try({
      try: () => lock(join(folder, lockFile)),
      catch: (cause) => (isBusy(cause) ? inUse(folder) : unusable(folder, cause)),
    }),
    (database) => Effect.sync(() => database.close()),
  )
})
