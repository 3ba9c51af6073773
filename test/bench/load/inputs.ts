// What the rows of `npm run bench` load: invented users, written as a row needs them.

import { createWriteStream, existsSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { header, userActivity, type UserActivityOptions } from "../../fixtures/UserActivity.ts"
import { writeFiles } from "../inputs.ts"

/** A file, or a directory of files. */
export interface Input {
  readonly name: string
  /** Records, and the users that they are drawn from. */
  readonly records: number
  readonly rewrite?: UserActivityOptions["rewrite"]
  /** Records of each file of a directory; all of them in one file without it. */
  readonly perFile?: number
}

const seed = 11
const million = 1_000_000
const columns = header.split(",")

/** Changes fields of every `nth` record, by the names of their columns. */
const rewriting =
  (nth: number, changes: Readonly<Record<string, (field: string) => string>>) =>
  (fields: ReadonlyArray<string>, row: number): ReadonlyArray<string> =>
    row === 0 || row % nth !== 0 ? fields : fields.map((field, index) => changes[columns[index]!]?.(field) ?? field)

const doubledQuote = { first_name: (name: string) => `${name} "${name.slice(0, 2)}"` }

const unmapped = ["", "yes", "12.50", "Main Street 17", "size M"]

export const users: Input = { name: "users", records: million }

/** A new version of the same users: 5% of the records tell something newer. */
export const changed: Input = {
  ...users,
  name: "changed",
  rewrite: rewriting(20, { last_name: (name) => `${name}-Smith`, updated_at: () => "2026-06-01" }),
}

export const tenfold: Input = { name: "tenfold", records: 10 * million }

/** Each record has a quoted field with a comma in it. */
export const quoted: Input = {
  ...users,
  name: "quoted",
  rewrite: rewriting(1, { last_name: (name) => `${name}, Jr.` }),
}

/** Each record has a quoted field with doubled quotes in it. */
export const slow: Input = { ...users, name: "slow", rewrite: rewriting(1, doubledQuote) }

/** Nine of ten records are plain: 2% of the invented ones are not, and every 13th of them here. */
export const mostlyPlain: Input = { ...users, name: "mostly-plain", rewrite: rewriting(13, doubledQuote) }

/** 60 columns: after each of ours there are five that no mapping names. */
export const wide: Input = {
  name: "wide",
  records: million / 4,
  rewrite: (fields, row) =>
    fields.flatMap((field, index) => [
      field,
      ...unmapped.map((text, other) => (row === 0 ? `other_${index}_${other}` : text)),
    ]),
}

/** Half of the records have no valid e-mail. */
export const halfBad: Input = {
  ...users,
  name: "half-bad",
  rewrite: rewriting(2, { email: (email) => email.replace("@", " at ") }),
}

export const few: Input = { name: "few", records: 1_000 }

export const smallFiles: Input = { name: "small-files", records: 100_000, perFile: 10 }

/** Fewer of them. */
export const bucketFiles: Input = { name: "bucket-files", records: 20_000, perFile: 10 }

/** Its records, a block after the other. */
export const blocksOf = ({ records, rewrite }: Input): Generator<Uint8Array> =>
  userActivity({ rows: records, users: records, seed, ...(rewrite === undefined ? {} : { rewrite }) })

/** Writes an input, unless the directory has it already; gives its path. */
export const write = async (directory: string, input: Input): Promise<string> => {
  const { name, perFile, records } = input
  const path = join(directory, perFile === undefined ? `${name}.csv` : name)
  if (existsSync(path)) return path
  if (perFile === undefined) await pipeline(Readable.from(blocksOf(input)), createWriteStream(path))
  else writeFiles([path], { files: records / perFile, rows: perFile, seed })
  return path
}
