import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createWriteStream, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import { etl } from "../bench/program.ts"
import { bin } from "../utils/command.ts"
import { makeDatabase } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { csvLine } from "../utils/records.ts"

/** So many that they would take more if they were kept. */
const records = 400_000
/** Lines that are written at once. */
const block = 10_000

const ada = { first_name: "Ada", last_name: "Byron", password: "0".repeat(64), status: "1" }

/** What the file consists of, and how much of it there is. */
const inputs = [
  [
    "without a valid e-mail address",
    records,
    (n: number) => csvLine({ ...ada, source_id: `${n}`, email: `ada${n} at example.org` }),
  ],
  ["of one byte", records, () => "x"],
  ["with a reason for every column", records / 10, () => fieldColumns.map(() => "\0").join(",")],
] as const

const writeFile = (path: string, count: number, record: (number: number) => string) =>
  Effect.promise(() =>
    pipeline(
      Readable.from(
        (function* () {
          yield `${fieldColumns.join(",")}\n`
          for (let first = 0; first < count; first += block) {
            yield `${Array.from({ length: block }, (_, index) => record(first + index)).join("\n")}\n`
          }
        })(),
      ),
      createWriteStream(path),
    ),
  )

describe("etl run takes less than 300 MB", () => {
  for (const [what, count, record] of inputs) {
    it.live(
      `for ${count} rejects ${what}, at any chunk size`,
      () =>
        Effect.gen(function* () {
          const directory = yield* temporaryDirectory
          const file = join(directory, "rejects.csv")
          yield* writeFile(file, count, record)
          const mapping = join(directory, "mapping.json")
          writeFileSync(mapping, JSON.stringify(Object.fromEntries(fieldColumns.map((name) => [name, name]))))
          for (const chunkSize of [10_000, 100_000]) {
            const { env, query } = yield* makeDatabase
            const args = ["--source", file, "--mapping", mapping, "--geo", "none", "--max-rejects", "100%"]
            const { memory } = yield* etl(directory, [...args, "--chunksize", String(chunkSize)], env, [3], bin())
            assert.isBelow((memory * 2 ** 20) / 1e6, 300)
            assert.deepStrictEqual(yield* query(`select count(*)::int from etl_rejects`), [{ count }])
          }
        }).pipe(Effect.scoped),
      { timeout: 1_800_000 },
    )
  }
})
