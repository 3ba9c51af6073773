// Writes files of --out under temporary names, and renames them when all are complete.

import { randomUUID } from "node:crypto"
import { Effect, Exit, FileSystem, Path, type PlatformError } from "effect"
import { OutputFileError } from "../CommandError.ts"
import { errnoOf } from "../../domain/errno.ts"
import { explainUnwritable } from "./unwritable.ts"

export interface OutputOptions {
  /** Whether an existing file is replaced. Otherwise it stays, and is an error. */
  readonly replaces: boolean
  /** Permissions of the files; undefined: the default of new files. */
  readonly mode?: number
}

export const failAt = (path: string) => (error: PlatformError.PlatformError) =>
  new OutputFileError({ path, message: explainUnwritable(path, error) })

/** Errors of systems that cannot open or sync a folder. */
const unsupported: ReadonlyArray<unknown> = ["EACCES", "EPERM", "EISDIR", "EINVAL", "ENOTSUP", "EBADF"]

/**
 * Writes nothing yet. A power cut leaves each file either as it was or complete; if the scope ends before all files
 * have their names, no new file is left.
 */
export const makeOutputFiles = Effect.fnUntraced(function* ({ replaces, mode }: OutputOptions) {
  const fs = yield* FileSystem.FileSystem
  const { dirname } = yield* Path.Path
  const started: Array<{ readonly target: string; readonly temporary: string }> = []
  const named: Array<string> = []

  const remove = (path: string) =>
    fs
      .remove(path, { force: true })
      .pipe(Effect.catch(() => Effect.logWarning(`${path} is incomplete and cannot be removed. Remove it.`)))

  yield* Effect.addFinalizer((exit) =>
    Effect.forEach(
      [...started.map(({ temporary }) => temporary), ...(Exit.isFailure(exit) && !replaces ? named : [])],
      remove,
    ),
  )

  /** Starts a file, which is open until the caller's scope closes. Call `finish` before that. */
  const create = Effect.fnUntraced(function* (target: string) {
    // Not the process id: containers that share a folder may have the same.
    const temporary = `${target}.${randomUUID()}.tmp`
    const file = yield* fs.open(temporary, { flag: "wx", ...(mode === undefined ? {} : { mode }) }).pipe(
      Effect.tap(() => Effect.sync(() => started.push({ target, temporary }))),
      Effect.uninterruptible,
      Effect.mapError(failAt(target)),
    )
    return {
      write: (bytes: Uint8Array) => Effect.mapError(file.writeAll(bytes), failAt(target)),
      // Some disks report only here that they are full.
      finish: Effect.mapError(file.sync, failAt(target)),
    }
  })

  /** Gives a file a name that no file has: in one step if the file system has hard links. */
  const takeName = (temporary: string, target: string) =>
    fs.link(temporary, target).pipe(
      Effect.catchIf(
        ({ reason }) => reason._tag !== "AlreadyExists",
        () =>
          Effect.scoped(fs.open(target, { flag: "wx" })).pipe(
            Effect.tap(() => Effect.sync(() => named.push(target))),
            Effect.andThen(fs.rename(temporary, target)),
          ),
      ),
    )

  const syncFolder = (folder: string) =>
    fs.open(folder).pipe(
      Effect.flatMap(({ sync }) => sync),
      Effect.scoped,
      Effect.catchIf(
        (error) => unsupported.includes(errnoOf(error)),
        () => Effect.void,
      ),
      Effect.mapError(failAt(folder)),
    )

  /** Gives all files their names, durably. */
  const publish = Effect.gen(function* () {
    for (const { target, temporary } of started) {
      const give = replaces ? fs.rename(temporary, target) : takeName(temporary, target)
      yield* Effect.mapError(give, failAt(target))
      named.push(target)
    }
    for (const folder of new Set(started.map(({ target }) => dirname(target)))) yield* syncFolder(folder)
  }).pipe(Effect.uninterruptible)

  return { create, publish }
})
