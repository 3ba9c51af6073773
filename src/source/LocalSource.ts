// A source that is a local directory, or one file.

import { ByteSize, Effect, FileSystem, Layer, Option, Path, type PlatformError, Predicate, Stream } from "effect"
import { errnoOf } from "../domain/errno.ts"
import { fromByte } from "../domain/byteRange.ts"
import { Source } from "./Source.ts"
import { fateOf } from "../domain/fileName.ts"
import { byName, compareNames, SourceError, type SourceFile, type SourceReason } from "../domain/SourceFile.ts"
import { LeftOut, reportLeftOut } from "../observability/LeftOut.ts"

/** Bytes of a read. Measured: 64 KiB takes twice as long, 1 MiB hardly less. */
const chunkSize = 256 * 1024

/** Files of a directory that are inspected at once. */
const listingConcurrency = 16

/** A problem, for a person and for a program. */
interface Explained {
  readonly message: string
  readonly reason?: SourceReason
}

const explain = (error: PlatformError.PlatformError, path: string): Explained => {
  const { reason, message } = error
  const errno = errnoOf(error)
  if (reason._tag === "NotFound") return { message: `${path} does not exist. Check the path.`, reason: "notFound" }
  if (reason._tag === "PermissionDenied") {
    return { message: `${path}: permission denied. Allow this user to read it.`, reason: "forbidden" }
  }
  if (errno === "ELOOP") {
    return { message: `${path} is a symbolic link that leads back to itself. Remove it, or point it to a file.` }
  }
  if (errno === "ENOTDIR") {
    return {
      message: `${path} does not exist: a part of this path is a file. Check the path.`,
      reason: "notFound",
    }
  }
  return { message: `${path} could not be read (${errno ?? message}).` }
}

const failAt =
  (operation: SourceError["operation"], uri: string) =>
  (problem: PlatformError.PlatformError | string, reason?: SourceReason): SourceError =>
    new SourceError({
      operation,
      uri,
      ...(Predicate.isString(problem) ? { message: problem, ...(reason && { reason }) } : explain(problem, uri)),
    })

const fingerprint = ({ size, mtime }: FileSystem.File.Info): string =>
  `${size}-${Option.match(mtime, { onNone: () => "unknown", onSome: (time) => time.toISOString() })}`

const makeListing = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path

  const realPath = (path: string) =>
    fs.realPath(path).pipe(
      Effect.catch(
        Effect.fnUntraced(function* (error) {
          const dangles = error.reason._tag === "NotFound" && (yield* Effect.isSuccess(fs.readLink(path)))
          const problem = dangles ? `${path} is a symbolic link to something that does not exist. Remove it.` : error
          return yield* failAt("list", path)(problem)
        }),
      ),
    )

  const given = paths.resolve(path)
  const uri = yield* realPath(given)

  const stat = (path: string) => fs.stat(path).pipe(Effect.mapError((error) => failAt("list", path)(error)))

  const toFile = (uri: string, info: FileSystem.File.Info): SourceFile => ({
    uri,
    name: paths.basename(uri),
    fingerprint: fingerprint(info),
    size: ByteSize.toNumberUnsafe(info.size),
  })

  const notAFile = (path: string, { type }: FileSystem.File.Info) =>
    failAt("list", path)(`${path} is neither a file nor a directory (${type}). Save its contents to a file.`)

  const inspect = Effect.fnUntraced(function* ({ name, type }: FileSystem.DirectoryEntry, leftOut: LeftOut) {
    const found = paths.join(uri, name)
    const path = type === "SymbolicLink" ? yield* realPath(found) : found
    const info = yield* stat(path)
    if (info.type === "Directory") {
      leftOut.add("leftOut", `${name}/`)
      return []
    }
    if (info.type !== "File") return yield* notAFile(found, info)
    const file = toFile(path, info)
    return [type === "SymbolicLink" ? { ...file, isLinked: true } : file]
  })

  /** An entry that cannot be read fails as a file of its own, not the listing. */
  const inspectAlone = (entry: FileSystem.DirectoryEntry, leftOut: LeftOut) =>
    inspect(entry, leftOut).pipe(
      Effect.catch((error) => {
        const { name } = entry
        const path = paths.join(uri, name)
        const isNamed = !name.includes("\ufffd")
        const problem = isNamed ? error : failAt("list", path)(`${path} has a name that is not UTF-8. Rename it.`)
        return Effect.succeed<ReadonlyArray<SourceFile>>([{ uri: path, name, fingerprint: "", size: 0, problem }])
      }),
    )

  const directory = Effect.gen(function* () {
    const entries = yield* fs.readDirectoryEntries(uri).pipe(Effect.mapError((error) => failAt("list", uri)(error)))
    const leftOut = new LeftOut()
    const toInspect: Array<FileSystem.DirectoryEntry> = []
    for (const entry of entries.toSorted((a, b) => compareNames(a.name, b.name))) {
      const fate = fateOf(entry.name)
      const isDirectory = entry.type === "Directory"
      if (fate === "read" && !isDirectory) toInspect.push(entry)
      else leftOut.add(fate === "skipped" ? fate : "leftOut", isDirectory ? `${entry.name}/` : entry.name)
    }
    const inspectEntry = (entry: FileSystem.DirectoryEntry) => inspectAlone(entry, leftOut)
    const found = yield* Effect.forEach(toInspect, inspectEntry, { concurrency: listingConcurrency })
    // A file and the links to it are one file: the folder's own, where the folder has it.
    const linkedFirst = found.flat().toSorted((a, b) => Number(b.isLinked ?? false) - Number(a.isLinked ?? false))
    const files = new Map(linkedFirst.map((file) => [file.uri, file]))
    if (files.size > 0) {
      yield* reportLeftOut(leftOut)
      return [...files.values()].sort(byName)
    }
    const problem = `${uri} has no .csv or .tsv file of its own, also with .gz or .zst; subdirectories are not read.`
    return yield* failAt("list", uri)(leftOut.after(problem), "noFile")
  })

  const files = Effect.gen(function* () {
    const info = yield* stat(uri)
    if (info.type === "Directory") return yield* directory
    if (info.type !== "File") return yield* notAFile(uri, info)
    return [toFile(uri, info)]
  })

  return { uri, files: Stream.fromIterableEffect(files.pipe(Effect.withSpan("LocalSource.files"))) }
})

const makeReading = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem

  const changed = ({ uri }: SourceFile) =>
    failAt("read", uri)(`${uri} changed after it was listed. Run again when no process writes to it.`, "changed")

  const readError = (file: SourceFile) => (error: PlatformError.PlatformError) => {
    const { uri } = file
    // A link took its place.
    if (errnoOf(error) === "ELOOP") return changed(file)
    return error.reason._tag === "NotFound"
      ? failAt("read", uri)(`${uri} was removed after it was listed. Run again.`, "changed")
      : failAt("read", uri)(error)
  }

  const checkUnchanged = Effect.fnUntraced(function* (file: SourceFile, stat: FileSystem.File["stat"]) {
    const info = yield* stat.pipe(Effect.mapError(readError(file)))
    if (fingerprint(info) !== file.fingerprint) return yield* changed(file)
  })

  const open = Effect.fnUntraced(function* (file: SourceFile, start: number) {
    // The listed path is no link: it must not be followed where another user has put a link there since.
    const noFollow = process.platform !== "win32"
    const handle = yield* fs.open(file.uri, { noFollow }).pipe(Effect.mapError(readError(file)))
    const next = Effect.fnUntraced(function* (at: number) {
      if (at >= file.size) return undefined
      const length = Math.min(chunkSize, file.size - at)
      const chunk = yield* handle.readAlloc(length, { position: BigInt(at) }).pipe(Effect.mapError(readError(file)))
      if (Option.isNone(chunk)) return yield* changed(file)
      // Before the chunk, which may be of another version, is passed on.
      yield* checkUnchanged(file, handle.stat)
      return [chunk.value, at + chunk.value.length] as const
    })
    yield* checkUnchanged(file, handle.stat)
    return Stream.unfold(start, next)
  })

  return {
    read: (file: SourceFile, from: number) => {
      const start = Math.min(from, file.size)
      return Stream.unwrap(open(file, start)).pipe(fromByte(file.uri, from - start))
    },
    checkUnchanged: (file: SourceFile) => checkUnchanged(file, fs.stat(file.uri)),
  }
})

/**
 * A directory (its own .csv and .tsv files, also with .gz or .zst, not its subdirectories'), or one file of any name.
 * Links count as the files they lead to. A file is identified by its real path, its size and the millisecond of its last
 * change. Other files of a directory are logged.
 *
 * @example
 * ```ts
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { Layer } from "effect"
 * import * as LocalSource from "user-activity-etl/LocalSource"
 *
 * const layer = LocalSource.layer("./input").pipe(Layer.provide(NodeServices.layer))
 * ```
 */
export const layer = (path: string): Layer.Layer<Source, SourceError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Source,
    Effect.gen(function* () {
      return Source.of({ ...(yield* makeListing(path)), ...(yield* makeReading) })
    }),
  )
