import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { header, userActivity } from "../fixtures/UserActivity.ts"

/** Writes new users; a few of the records repeat a user or are quoted, as in `npm run generate`. */
export const writeUsers = (file: string, users: number, seed: number): Promise<void> =>
  pipeline(Readable.from(userActivity({ rows: users, users, seed })), createWriteStream(file))

/** Changes every `nth` record of a file that has no quotes, as `change` says. */
const writeChanged = (
  from: string,
  to: string,
  nth: number,
  change: (fields: Array<string>) => void,
): Promise<void> => {
  let row = 0
  return pipeline(
    createInterface({ input: createReadStream(from) }),
    async function* (lines: AsyncIterable<string>) {
      for await (const line of lines) {
        const fields = line.split(",")
        if (row++ % nth === 1 && !line.includes('"')) change(fields)
        yield `${fields.join(",")}\n`
      }
    },
    createWriteStream(to),
  )
}

const columns = header.split(",")
const emailAt = columns.indexOf("email")
const lastNameAt = columns.indexOf("last_name")
const updatedAt = columns.indexOf("updated_at")

/** A new version of a file: 5% of its records tell something newer. */
export const writeNewVersion = (from: string, to: string): Promise<void> =>
  writeChanged(from, to, 20, (fields) => {
    fields[lastNameAt] += "-Smith"
    fields[updatedAt] = "2026-06-01"
  })

/** Half of the records have no valid e-mail. */
export const writeHalfBad = (from: string, to: string): Promise<void> =>
  writeChanged(from, to, 2, (fields) => {
    fields[emailAt] = fields[emailAt]!.replace("@", " at ")
  })

/** A directory of many files of ten records. */
export const writeSmallFiles = (directory: string, files: number, seed: number): void => {
  mkdirSync(directory)
  const lines = Buffer.concat([...userActivity({ rows: files * 11, users: files * 11, seed })])
    .toString()
    .split("\n")
    .slice(1)
    // Parts of records that span lines are left out.
    .filter((line) => !line.includes('"') && line.split(",").length === columns.length)
  for (let file = 0; file < files; file++) {
    const rows = lines.slice(file * 10, file * 10 + 10)
    writeFileSync(join(directory, `${String(file).padStart(6, "0")}.csv`), `${[header, ...rows].join("\n")}\n`)
  }
}
