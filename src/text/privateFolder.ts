// Folders that only this user can write to, for what a program trusts later.

import { lstatSync, mkdirSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"

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
export const makeIn = (parent: string, name: string, user: number): string => {
  const real = realpathSync(parent)
  if (!chain(real).every((folder) => isSafe(folder, user))) throw new Error(`others can write to ${real}`)
  const path = join(real, name)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, { mode: 0o700 })
  return path
}

/** The same folder; undefined if it cannot be created, or if others could write to it. */
export const privateFolder = (parent: string, name: string, user: number): string | undefined => {
  try {
    const folder = makeIn(parent, name, user)
    const stat = lstatSync(folder)
    return stat.isDirectory() && stat.uid === user && (stat.mode & writableByOthers) === 0 ? folder : undefined
  } catch {
    return undefined
  }
}
