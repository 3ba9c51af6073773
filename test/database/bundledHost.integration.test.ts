import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { afterAll, beforeAll, inject } from "vitest"

const root = join(import.meta.dirname, "../..")

const run = (cwd: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" })
  return { status, stderr, stdout }
}

const compile = (cwd: string, ...args: ReadonlyArray<string>) => {
  const { status, stdout } = run(cwd, join(root, "node_modules/typescript/bin/tsc"), ...args)
  assert.strictEqual(status, 0, stdout)
}

/** A program that has the package installed. */
let host = ""

beforeAll(() => {
  host = mkdtempSync(join(inject("runDirectory"), "host-"))
  const installed = join(host, "node_modules/user-activity-etl")
  mkdirSync(installed, { recursive: true })
  copyFileSync(join(root, "package.json"), join(installed, "package.json"))
  compile(root, "--project", "tsconfig.build.json", "--outDir", join(installed, "dist"))
  for (const name of ["effect", "@effect", "@electric-sql", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(host, "node_modules", name))
  }
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
    const { status, stderr, stdout } = run(host, outfile)
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), [{ one: 1 }])

    const elsewhere = mkdtempSync(join(inject("runDirectory"), "elsewhere-"))
    try {
      const moved = join(elsewhere, basename(outfile))
      copyFileSync(outfile, moved)
      const { message, ...fields } = JSON.parse(run(elsewhere, moved).stdout)
      assert.deepStrictEqual(fields, { operation: "open", reason: "noWorker" })
      assert.match(message, /pgliteWorker\.js.*Install the package where the bundled program runs\.$/)
    } finally {
      rmSync(elsewhere, { recursive: true, force: true })
    }
  })
})

describe("a program that declares what it exports", () => {
  it("can name the types of the databases", () => {
    writeFileSync(
      join(host, "declared.ts"),
      `
import { Effect, Layer } from "effect"
import { Database, DatabaseConfigError, DatabaseError } from "user-activity-etl"
import * as PgEmbedded from "user-activity-etl/PgEmbedded"
import * as PgServer from "user-activity-etl/PgServer"

export const server = PgServer.layer({ url: "postgres://localhost/crm", idleInTransaction: "15 seconds" })
export const configured = (options: PgServer.PgServerOptions) => PgServer.layerConfig({ ...options, sslmode: "require" })
export const embedded = (options: PgEmbedded.PgEmbeddedOptions) => PgEmbedded.layer(options)
export const either = (isTest: boolean) => (isTest ? PgEmbedded.layerTemp : server)
export const failure = Effect.flip(Effect.scoped(Layer.build(server)))
export const settings = (error: DatabaseError | DatabaseConfigError) => ({
  origins: error.origins,
  setting: error.setting,
  reason: error.reason,
})
export const kind = Effect.map(Database, ({ kind }) => kind)
export const database = Effect.map(Database, (database) => database)
`,
    )
    writeFileSync(join(host, "package.json"), '{ "type": "module" }')
    const flags = ["--declaration", "--emitDeclarationOnly", "--strict", "--module", "nodenext", "--target", "es2024"]
    compile(host, ...flags, "--types", "node", "--outDir", "types", "declared.ts")
    const declared = readFileSync(join(host, "types/declared.d.ts"), "utf8")
    assert.include(declared, "DatabaseError")
    assert.notInclude(declared, dirname(root))
  })
})
