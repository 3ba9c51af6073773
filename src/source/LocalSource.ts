// A source that is a local directory, or one file.

import { ByteSize, Effect, FileSystem, Layer, Option, Path, type PlatformError, Predicate, Stream } from "effect"
import { errnoOf } from "../domain/errno.ts"
import { fromByte } from "../domain/byteRange.ts"
import { Source } from "./Source.ts"
import { chosenBy, usual } from "./choice.ts"
import type { Fate } from "../domain/fileName.ts"
import { isPattern, patternForm, patternUri } from "../domain/pattern.ts"
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

export interface LocalOptions {
  /**
   * Takes the files whose paths below the directory it matches, instead of those with usual names: `2026/*.csv`.
   * The syntax is that of picomatch, with slashes on Windows too; upper and lower case differ. `*` and `**` match no
   * hidden files. Links to directories are not followed. It is part of the source's URI.
   */
  readonly pattern?: string | undefined
}

/** A file, or a link that may lead to a folder. */
interface Visited {
  readonly entry: FileSystem.DirectoryEntry
  readonly fate: Exclude<Fate, "skipped">
}

interface Listing {
  readonly files: Array<SourceFile>
  readonly leftOut: LeftOut
}

/** Adds to a listing the entries of a folder, by the names of its path below the source. */
type Walk = (
  entries: ReadonlyArray<FileSystem.DirectoryEntry>,
  below: ReadonlyArray<string>,
  listing: Listing,
) => Effect.Effect<void>

const makeListing = Effect.fnUntraced(function* (path: string, { pattern }: LocalOptions) {
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
  const root = yield* realPath(given)

  const stat = (path: string) => fs.stat(path).pipe(Effect.mapError((error) => failAt("list", path)(error)))

  if (pattern !== undefined) {
    if (!isPattern(pattern)) return yield* failAt("list", root)(`${pattern} is not ${patternForm}.`, "pattern")
    const { type } = yield* stat(root)
    const problem = `${root} is no directory: a pattern takes files of a directory. Omit the pattern.`
    if (type !== "Directory") return yield* failAt("list", root)(problem, "pattern")
  }
  const uri = pattern === undefined ? root : patternUri(root, pattern)
  const choice = pattern === undefined ? usual : chosenBy(pattern)

  const toFile = (uri: string, info: FileSystem.File.Info): SourceFile => ({
    uri,
    name: paths.basename(uri),
    fingerprint: fingerprint(info),
    size: ByteSize.toNumberUnsafe(info.size),
  })

  const notAFile = (path: string, { type }: FileSystem.File.Info) =>
    failAt("list", path)(`${path} is neither a file nor a directory (${type}). Save its contents to a file.`)

  const readDirectory = (path: string) =>
    fs.readDirectoryEntries(path).pipe(Effect.mapError((error) => failAt("list", path)(error)))

  const leadsToFolder = (path: string) =>
    fs.stat(path).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false),
    )

  /** What cannot be read fails as a file of its own, not the listing. */
  const failAlone = (path: string, error: SourceError): SourceFile => {
    const isNamed = !path.includes("\ufffd")
    const problem = isNamed ? error : failAt("list", path)(`${path} has a name that is not UTF-8. Rename it.`)
    return { uri: path, name: paths.basename(path), fingerprint: "", size: 0, problem }
  }

  /** The files of the folder `below` the source, and of those in it that are entered, a folder after the other. */
  const walk: Walk = Effect.fnUntraced(function* (entries, below, listing) {
    const { files, leftOut } = listing
    const nameOf = (name: string) => [...below, name].join("/")
    const pathOf = (name: string) => paths.join(root, ...below, name)
    const enters = (name: string) => choice.enters(name, below.length)
    const leaveOutLink = (name: string) =>
      leftOut.add(pattern === undefined || enters(name) ? "link" : "others", `${nameOf(name)}/`)

    const addProblem = (name: string, error: SourceError) =>
      Effect.sync(() => void files.push(failAlone(pathOf(name), error)))

    const inspect = Effect.fnUntraced(function* ({ name, type }: FileSystem.DirectoryEntry) {
      const found = pathOf(name)
      const path = type === "SymbolicLink" ? yield* realPath(found) : found
      const info = yield* stat(path)
      if (info.type === "Directory") return leaveOutLink(name)
      if (info.type !== "File") return yield* notAFile(found, info)
      const file = toFile(path, info)
      files.push(type === "SymbolicLink" ? { ...file, isLinked: true } : file)
    })

    const visit = Effect.fnUntraced(function* ({ entry, fate }: Visited) {
      const { name } = entry
      if (fate === "read") {
        return yield* inspect(entry).pipe(Effect.catch((error) => addProblem(name, error)))
      }
      if (yield* leadsToFolder(pathOf(name))) leaveOutLink(name)
      else leftOut.add(fate, nameOf(name))
    })

    const folders: Array<string> = []
    const visited: Array<Visited> = []
    for (const entry of entries.toSorted((a, b) => compareNames(a.name, b.name))) {
      const { name, type } = entry
      const fate = choice.fateOf(nameOf(name))
      if (type === "Directory") {
        if (enters(name)) folders.push(name)
        else leftOut.add(fate === "skipped" ? fate : "folder", `${nameOf(name)}/`)
      } else if (fate === "read" || (type === "SymbolicLink" && fate !== "skipped")) visited.push({ entry, fate })
      else leftOut.add(fate, nameOf(name))
    }
    yield* Effect.forEach(visited, visit, { concurrency: listingConcurrency, discard: true })
    for (const name of folders) {
      yield* readDirectory(pathOf(name)).pipe(
        Effect.flatMap((entries) => walk(entries, [...below, name], listing)),
        Effect.catch((error) => addProblem(name, error)),
      )
    }
  })

  const directory = Effect.gen(function* () {
    const listing: Listing = { files: [], leftOut: new LeftOut({ hasPattern: pattern !== undefined }) }
    yield* walk(yield* readDirectory(root), [], listing)
    // A file and the links to it are one file: the folder's own, where the folder has it.
    const linkedFirst = listing.files.toSorted((a, b) => Number(b.isLinked ?? false) - Number(a.isLinked ?? false))
    const files = new Map(linkedFirst.map((file) => [file.uri, file]))
    if (files.size > 0) {
      yield* reportLeftOut(listing.leftOut)
      return [...files.values()].sort(byName)
    }
    const problem =
      pattern === undefined
        ? `${root} has no .csv or .tsv file of its own, also with .gz or .zst; subdirectories are not read.`
        : `${root} has no file that the pattern ${pattern} takes.`
    return yield* failAt("list", uri)(listing.leftOut.after(problem), "noFile")
  })

  const files = Effect.gen(function* () {
    const info = yield* stat(root)
    if (info.type === "Directory") return yield* directory
    if (info.type !== "File") return yield* notAFile(root, info)
    return [toFile(root, info)]
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
    // Otherwise that is checked with the first chunk.
    if (start >= file.size) yield* checkUnchanged(file, handle.stat)
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
 * A directory (its own .csv and .tsv files, also with .gz or .zst, not its subdirectories', or what a pattern takes), or
 * one file of any name. Links count as the files they lead to. A file is identified by its real path, its size and the millisecond of its last
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
export const layer = (
  path: string,
  options: LocalOptions = {},
): Layer.Layer<Source, SourceError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Source,
    Effect.gen(function* () {
      return Source.of({ ...(yield* makeListing(path, options)), ...(yield* makeReading) })
    }),
  )
