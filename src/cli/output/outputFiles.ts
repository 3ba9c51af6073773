/** Writes files of `--out` beside their names, and gives them these when all of them are whole. */
import { randomUUID } from "node:crypto"
import { Effect, Exit, FileSystem, Path, type PlatformError } from "effect"
import { OutputFileError } from "../CommandError.ts"
import { errnoOf } from "../../domain/errno.ts"
import { explainUnwritable } from "./unwritable.ts"

export interface OutputOptions {
  /** Whether a file that has the name already is replaced. Without, it stays, and is an error. */
  readonly replaces: boolean
  /** Rights of the files; without, those that any new file gets. */
  readonly mode?: number
}

export const failAt = (path: string) => (error: PlatformError.PlatformError) =>
  new OutputFileError({ path, message: explainUnwritable(path, error) })

/** What systems answer that do not open a folder, or do not sync one. */
const unsupported: ReadonlyArray<unknown> = ["EACCES", "EPERM", "EISDIR", "EINVAL", "ENOTSUP", "EBADF"]

/**
 * Begins no file yet. A power cut leaves each of the files as it was before or as it is after; where the scope fails or
 * ends before all of them have their names, no new one is left.
 */
export const makeOutputFiles = Effect.fnUntraced(function* ({ replaces, mode }: OutputOptions) {
  const fs = yield* FileSystem.FileSystem
  const { dirname } = yield* Path.Path
  const begun: Array<{ readonly target: string; readonly temporary: string }> = []
  const named: Array<string> = []

  const remove = (path: string) =>
    fs
      .remove(path, { force: true })
      .pipe(Effect.catch(() => Effect.logWarning(`${path} is not finished, and cannot be removed. Remove it.`)))

  yield* Effect.addFinalizer((exit) =>
    Effect.forEach(
      [...begun.map(({ temporary }) => temporary), ...(Exit.isFailure(exit) && !replaces ? named : [])],
      remove,
    ),
  )

  /** Begins a file. It is open until the scope closes that this is called in, and is finished before that. */
  const create = Effect.fnUntraced(function* (target: string) {
    // Processes of several containers that share a folder may have one number.
    const temporary = `${target}.${randomUUID()}.tmp`
    const file = yield* fs.open(temporary, { flag: "wx", ...(mode === undefined ? {} : { mode }) }).pipe(
      Effect.tap(() => Effect.sync(() => begun.push({ target, temporary }))),
      Effect.uninterruptible,
      Effect.mapError(failAt(target)),
    )
    return {
      write: (bytes: Uint8Array) => Effect.mapError(file.writeAll(bytes), failAt(target)),
      // Some disks report only here that they are full.
      finish: Effect.mapError(file.sync, failAt(target)),
    }
  })

  /** Takes a name that nothing has: with the content at once, where the file system has hard links. */
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

  /** Gives all files their names, for good. */
  const publish = Effect.gen(function* () {
    for (const { target, temporary } of begun) {
      const give = replaces ? fs.rename(temporary, target) : takeName(temporary, target)
      yield* Effect.mapError(give, failAt(target))
      named.push(target)
    }
    for (const folder of new Set(begun.map(({ target }) => dirname(target)))) yield* syncFolder(folder)
  }).pipe(Effect.uninterruptible)

  return { create, publish }
})
