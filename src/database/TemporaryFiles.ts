// The files of a database in memory. Those of an empty one are kept on the disk: to make them takes seconds.

import { MemoryFS, PGlite } from "@electric-sql/pglite"
import { createHash } from "node:crypto"
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { deserialize, serialize } from "node:v8"
import { threadId } from "node:worker_threads"
import { privateFolder } from "../text/privateFolder.ts"

/** By path; null: a folder. Parents come first. */
type Files = ReadonlyMap<string, Uint8Array | null>

/** Small, for a short life: PGlite sets all of the buffers to zero at each start. */
export const initDbStartParams = ["--wal-segsize=1", "-c", "shared_buffers=4MB", "-c", "min_wal_size=2MB"]

/** Where the files of an empty database of this PGlite are kept; undefined: no folder is this user's alone. */
const keptAt = (): string | undefined => {
  const user = process.getuid?.()
  const folder = user === undefined ? undefined : privateFolder(tmpdir(), `user-activity-etl-${user}`, user)
  if (folder === undefined) return undefined
  const manifest = readFileSync(new URL("../package.json", import.meta.resolve("@electric-sql/pglite")), "utf8")
  const key = createHash("sha256").update(JSON.stringify([JSON.parse(manifest).version, initDbStartParams]))
  return join(folder, `pglite-${key.digest("hex").slice(0, 16)}`)
}

const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest()

const digestLength = 32

/** The kept files; undefined: there are none, or what is kept is damaged. */
const readKept = (): Files | undefined => {
  try {
    const path = keptAt()
    if (path === undefined) return undefined
    const kept = readFileSync(path)
    const content = kept.subarray(digestLength)
    return digest(content).equals(kept.subarray(0, digestLength)) ? deserialize(content) : undefined
  } catch {
    return undefined
  }
}

/** Keeps files for later, if that is possible. Another process may do so at the same time. */
const keep = (files: Files): void => {
  let writing: string | undefined
  try {
    const path = keptAt()
    if (path === undefined) return
    writing = `${path}.${process.pid}.${threadId}`
    const content = serialize(files)
    writeFileSync(writing, Buffer.concat([digest(content), content]), { mode: 0o600, flush: true })
    renameSync(writing, path)
  } catch {
    if (writing !== undefined) rmSync(writing, { force: true })
  }
}

/** PGlite's file system in memory, which begins with the files of an empty database, if they are kept. */
export class TemporaryFiles extends MemoryFS {
  #isEmpty = true

  /** Called before the first start of the database. */
  override async initialSyncFs(): Promise<void> {
    const files = readKept()
    if (files === undefined) return
    const { FS } = this.pg!.Module
    FS.mkdirTree(PGlite.paths.PGDATA)
    for (const [path, bytes] of files) {
      if (bytes === null) FS.mkdir(path)
      else FS.writeFile(path, bytes, { canOwn: true })
    }
    this.#isEmpty = false
  }

  /** Called first when PGlite has made the files of an empty database, which is not started yet. */
  override async syncToFs(): Promise<void> {
    if (!this.#isEmpty) return
    this.#isEmpty = false
    const files = new Map<string, Uint8Array | null>()
    this.#collect(PGlite.paths.PGDATA, files)
    keep(files)
  }

  #collect(folder: string, files: Map<string, Uint8Array | null>): void {
    const { FS } = this.pg!.Module
    for (const name of FS.readdir(folder)) {
      if (name === "." || name === "..") continue
      const path = `${folder}/${name}`
      const isFolder = FS.isDir(FS.stat(path).mode)
      files.set(path, isFolder ? null : FS.readFile(path))
      if (isFolder) this.#collect(path, files)
    }
  }
}
