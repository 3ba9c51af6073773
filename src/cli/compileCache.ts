// Keeps compiled code for the next start, in a folder that only this user can write to: what is in it is executed.

import { lstatSync, mkdirSync, realpathSync } from "node:fs"
import { enableCompileCache, getCompileCacheDir } from "node:module"
import { homedir } from "node:os"
import { basename, dirname, isAbsolute, join } from "node:path"

const writableByOthers = 0o022
const sticky = 0o1000

/** Whether only this user and root can replace their own entries in the folder. */
const isSafe = (folder: string, user: number): boolean => {
  const { mode, uid } = lstatSync(folder)
  return (uid === user || uid === 0) && ((mode & writableByOthers) === 0 || (mode & sticky) !== 0)
}

/** The folder and its parents; none of them is a link. */
const chain = (folder: string): ReadonlyArray<string> => {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...chain(parent)]
}

/** The path of a folder in an existing one; created for this user only, if it is missing. */
const makeIn = (parent: string, name: string, user: number): string => {
  const real = realpathSync(parent)
  if (!chain(real).every((folder) => isSafe(folder, user))) throw new Error(`others can write to ${real}`)
  const path = join(real, name)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, { mode: 0o700 })
  return path
}

/** The folder of compiled code, created if it is missing; undefined if others could write to it. */
export const cacheFolder = (): string | undefined => {
  const user = process.getuid?.()
  if (user === undefined) return undefined
  const configured = process.env["XDG_CACHE_HOME"] ?? ""
  try {
    const base = isAbsolute(configured) ? configured : join(homedir(), ".cache")
    const folder = makeIn(makeIn(dirname(base), basename(base), user), "user-activity-etl", user)
    const stat = lstatSync(folder)
    const isOurs = stat.isDirectory() && stat.uid === user && (stat.mode & writableByOthers) === 0
    return isOurs ? folder : undefined
  } catch {
    return undefined
  }
}

/** Does nothing if NODE_COMPILE_CACHE or NODE_DISABLE_COMPILE_CACHE is set, or if no folder is safe. */
export const useCompileCache = (): void => {
  if (getCompileCacheDir() !== undefined || process.env["NODE_DISABLE_COMPILE_CACHE"] !== undefined) return
  const folder = cacheFolder()
  if (folder !== undefined) enableCompileCache(folder)
}
