import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import { crmExport } from "../fixtures/exports/crm.ts"
import type { Export } from "../fixtures/exports/Export.ts"
import { identitiesExport } from "../fixtures/exports/identities.ts"
import { shopExport } from "../fixtures/exports/shop.ts"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"

/** The words of a command as it is printed, with its own files in the folder. */
const wordsOf = (command: string, folder: string): ReadonlyArray<string> => {
  // Only a person can say the encoding.
  const said = command.replace("--encoding NAME", "--encoding windows-1252")
  const words = Array.from(said.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word)
  assert.strictEqual(words[0], "etl", command)
  return words
    .slice(1)
    .map((word, index) => (["--out", "--mapping"].includes(words[index]!) ? join(folder, word) : word))
}

/** The commands at the end of what an inspection prints. */
const nextOf = (stdout: string): ReadonlyArray<string> => {
  const [, next = ""] = stdout.split("Next:\n")
  return next.split("\n").flatMap((line) => (line.startsWith("  ") ? line.trim() : []))
}

/** What a new user does: inspects the file, then gives the two commands that are printed. `edit`: of the mapping between. */
const loadAsPrinted = Effect.fnUntraced(function* (made: Export, edit: (columns: Record<string, unknown>) => void) {
  const { env, query } = yield* makeDatabase
  const folder = yield* directoryOf({ "people.csv": made.bytes })
  const inspected = yield* etl(["inspect", "--source", join(folder, "people.csv")], env)
  assert.strictEqual(inspected.code, 0, inspected.stderr)
  const [write, load, ...others] = nextOf(inspected.stdout)
  assert.deepStrictEqual(others, [], inspected.stdout)
  const written = yield* etl(wordsOf(write!, folder), env)
  assert.strictEqual(written.code, 0, written.stderr)
  const path = join(folder, "people.mapping.json")
  const mapping = JSON.parse(readFileSync(path, "utf8"))
  edit(mapping.columns)
  writeFileSync(path, JSON.stringify(mapping))
  const loaded = yield* etl([...wordsOf(load!, folder), "--geo", "none", "--max-rejects", "100%"], env)
  const users = yield* query<object>(
    `select ${fieldColumns.map((column) => (column.endsWith("_at") ? `${column}::text` : column)).join(", ")}, extra from users order by email collate "C"`,
  )
  const rejects = yield* query<{ line: number; reasons: ReadonlyArray<{ readonly column: string | null }> }>(
    "select line::integer, reasons from etl_rejects order by byte_offset",
  )
  return { inspected, written, mapping, loaded, users, rejects }
})

const byEmail = <A extends { readonly email: string }>(rows: ReadonlyArray<A>): ReadonlyArray<unknown> =>
  rows.toSorted((left, right) => Buffer.compare(Buffer.from(left.email), Buffer.from(right.email)))

const exports = [
  ["a CRM", crmExport],
  ["a shop", shopExport],
  ["an identity provider", identitiesExport],
] as const

describe.each(exports)("the export of %s", (_, makeExport) => {
  const made = makeExport({ records: 200, seed: 7 })
  const records = [...made.records]

  it.live("loads by the two commands that etl inspect prints, and what does not load is explained", () =>
    Effect.gen(function* () {
      const { inspected, loaded, rejects, users, written } = yield* loadAsPrinted(made, () => {})
      const expected = records.flatMap(({ row }) => (row === null ? [] : Object.assign({}, row, { extra: null })))
      assert.deepStrictEqual<ReadonlyArray<unknown>>(users, byEmail(expected))
      const rejected = records.filter(({ row }) => row === null)
      assert.strictEqual(loaded.code, rejected.length === 0 ? 0 : 3, loaded.stderr)
      assert.deepStrictEqual(
        rejects.map(({ line, reasons }) => ({ line, columns: reasons.map(({ column }) => column) })),
        rejected.map(({ line, rejected }) => ({ line, columns: [...rejected] })),
      )
      // What it shows before is what happens then.
      assert.include(written.stdout, `${rejected.length} of ${records.length} records would be rejected`)
      const names = records.flatMap(({ extra }) => Object.keys(extra))
      const others = new Set(names.filter((name) => !name.startsWith("column ") && !/ \(\d+\)$/.test(name)))
      const [, notLoaded = ""] = /Not loaded: (.*?)(?: The mapping keeps |$)/m.exec(inspected.stdout) ?? []
      const [, logged = ""] = /people\.csv: not loaded: (.*)/.exec(loaded.stderr) ?? []
      const shown = [...others].filter((name) => notLoaded.includes(name))
      assert.isAtLeast(shown.length, Math.min(others.size, 15), notLoaded)
      for (const name of shown) assert.include(logged, name)
    }).pipe(Effect.scoped),
  )

  it.live('keeps everything with "*": "extra"', () =>
    Effect.gen(function* () {
      const { users } = yield* loadAsPrinted(made, (columns) => (columns["*"] = "extra"))
      const expected = records.flatMap(({ extra, row }) => (row === null ? [] : Object.assign({}, row, { extra })))
      assert.deepStrictEqual<ReadonlyArray<unknown>>(users, byEmail(expected))
    }).pipe(Effect.scoped),
  )
})
