// A small disk, for tests of a full one.

import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Layer, PlatformError } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { temporaryDirectory } from "./postgres.ts"

const mount = (...args: ReadonlyArray<string>): boolean => {
  try {
    execFileSync("mount", args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** The platform, where writes to files below the path fail for lack of space. */
const withFullDisk = (directory: string): Layer.Layer<NodeServices.NodeServices> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => {
      const cause = Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
      const writeAll = () =>
        Effect.fail(PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "writeAll", cause }))
      return FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) =>
            path.startsWith(directory) ? Object.assign(Object.create(file) as FileSystem.File, { writeAll }) : file,
          ),
      })
    }),
  ).pipe(Layer.provideMerge(NodeServices.layer))

/**
 * A file system of this size until the scope closes; `grow` makes it larger. Where mounting is not permitted `path` is
 * a directory, and writes of `platform` to it fail.
 */
export const smallDisk = Effect.fnUntraced(function* (kibibytes: number) {
  const path = join(yield* temporaryDirectory, "disk")
  mkdirSync(path)
  const isMounted = yield* Effect.acquireRelease(
    Effect.sync(() => mount("-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", path)),
    (isMounted) => Effect.sync(() => isMounted && execFileSync("umount", [path])),
  )
  return {
    path,
    isMounted,
    platform: isMounted ? NodeServices.layer : withFullDisk(path),
    grow: (kibibytes: number) => mount("-o", `remount,size=${kibibytes}k`, path),
  }
})
