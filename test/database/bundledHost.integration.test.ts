import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { afterAll, beforeAll, inject } from "vitest"
import { makeHost, runNode } from "../utils/host.ts"

/** A program that has the package installed. */
let host = ""

beforeAll(() => {
  host = makeHost()
})
afterAll(() => rmSync(host, { recursive: true, force: true }))

const program = `
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"

const one = Effect.flatMap(PgClient.PgClient, (sql) => sql\`select 1 as one\`)
Effect.runPromise(one.pipe(Effect.provide(PgEmbedded.layerTemp))).then(
  (rows) => console.log(JSON.stringify(rows)),
  ({ message, operation, reason }) => console.log(JSON.stringify({ message, operation, reason })),
)
`

/** What makes \`require\` work in a bundle of modules, as many bundles have it. */
const banner =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' +
  'import { fileURLToPath } from "node:url"; const __filename = fileURLToPath(import.meta.url);'

const bundles = [
  { format: "esm", outfile: "program.mjs", banner: {} },
  { format: "esm", outfile: "bannered.mjs", banner: { js: banner } },
  { format: "cjs", outfile: "program.cjs", banner: {} },
] as const

describe("a program that is bundled by esbuild", () => {
  it.each(bundles)("opens the embedded database, of the installed package: $outfile", async (options) => {
    writeFileSync(join(host, "program.ts"), program)
    const outfile = join(host, "out", options.outfile)
    await build({
      ...options,
      outfile,
      absWorkingDir: host,
      entryPoints: ["program.ts"],
      bundle: true,
      platform: "node",
      logLevel: "silent",
    })
    const { status, stderr, stdout } = runNode(host, outfile)
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), [{ one: 1 }])

    const elsewhere = mkdtempSync(join(inject("runDirectory"), "elsewhere-"))
    try {
      const moved = join(elsewhere, basename(outfile))
      copyFileSync(outfile, moved)
      const { message, ...fields } = JSON.parse(runNode(elsewhere, moved).stdout)
      assert.deepStrictEqual(fields, { operation: "open", reason: "noWorker" })
      assert.match(message, /pgliteWorker\.js.*Install the package where the bundled program runs\.$/)
    } finally {
      rmSync(elsewhere, { recursive: true, force: true })
    }
  })
})
