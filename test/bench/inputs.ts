import { createWriteStream, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { header, userActivity } from "../fixtures/UserActivity.ts"

/** Writes new users; a few of the records repeat a user or are quoted, as in `npm run generate`. */
export const writeUsers = (file: string, users: number, seed: number): Promise<void> =>
  pipeline(Readable.from(userActivity({ rows: users, users, seed })), createWriteStream(file))

const columns = header.split(",")

/** Directories of so many files each, of new users; hardly any is in two files. */
export const writeFiles = (
  directories: ReadonlyArray<string>,
  { files, rows, seed }: { readonly files: number; readonly rows: number; readonly seed: number },
): void => {
  for (const directory of directories) mkdirSync(directory)
  const names = directories.flatMap((directory) =>
    Array.from({ length: files }, (_, file) => join(directory, `${String(file).padStart(6, "0")}.csv`)),
  )
  // A tenth more than is used: parts of records that span lines are left out.
  const users = Math.ceil(names.length * rows * 1.1)
  const decoder = new TextDecoder()
  let lines: Array<string> = []
  for (const block of userActivity({ rows: users, users, seed })) {
    for (const line of decoder.decode(block).split("\n")) {
      if (line === header || line.includes('"') || line.split(",").length !== columns.length) continue
      if (lines.push(line) < rows) continue
      writeFileSync(names.shift()!, `${[header, ...lines].join("\n")}\n`)
      lines = []
      if (names.length === 0) return
    }
  }
}
