// Keeps compiled code for the next start, in a folder that only this user can write to: what is in it is executed.

import { enableCompileCache, getCompileCacheDir } from "node:module"
import { homedir } from "node:os"
import { basename, dirname, isAbsolute, join } from "node:path"
import { makeIn, privateFolder } from "../text/privateFolder.ts"

/** The folder of compiled code, created if it is missing; undefined if others could write to it. */
export const cacheFolder = (): string | undefined => {
  const user = process.getuid?.()
  if (user === undefined) return undefined
  const configured = process.env["XDG_CACHE_HOME"] ?? ""
  try {
    const base = isAbsolute(configured) ? configured : join(homedir(), ".cache")
    return privateFolder(makeIn(dirname(base), basename(base), user), "user-activity-etl", user)
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
