import { execFileSync, execSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory } from "../utils/postgres.ts"

const root = join(import.meta.dirname, "../..")
const script = join(root, "src/build/licences.ts")

/** Runs the package's own step that bundles, into another folder. */
const bundle = (directory: string) => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const steps: string = scripts["emit:bin"].replaceAll("dist/", `${directory}/`).replace("=dist ", `=${directory} `)
  const PATH = `${join(root, "node_modules/.bin")}:${process.env.PATH}`
  execSync(steps, { cwd: root, env: { ...process.env, PATH } })
  const metafile = JSON.parse(readFileSync(join(directory, "bin.meta.json"), "utf8"))
  return {
    inputs: Object.keys(metafile.inputs),
    licences: readFileSync(join(directory, "THIRD-PARTY-LICENSES.txt"), "utf8"),
  }
}

/** Runs the script over a bundle of one package with that manifest, and no other file. */
const licencesOf = (directory: string, manifest: object) => {
  const folder = join(directory, "node_modules/odd")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "odd", version: "1.2.3", ...manifest }))
  writeFileSync(join(folder, "index.js"), "// no licence here\n")
  const metafile = { outputs: { "bin.js": { inputs: { "node_modules/odd/index.js": { bytesInOutput: 1 } } } } }
  writeFileSync(join(directory, "meta.json"), JSON.stringify(metafile))
  return spawnSync(process.execPath, [script, "meta.json", "out.txt"], { cwd: directory, encoding: "utf8" })
}

describe("licences", () => {
  it.live("of all that is bundled are in the package, those of its third-party code too", () =>
    Effect.gen(function* () {
      const { inputs, licences } = bundle(yield* temporaryDirectory)
      const names = new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []))
      assert.includeMembers([...names], ["effect", "@effect/sql-pg"])
      for (const name of names) {
        const { license, version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"))
        assert.include(licences, `\n${name} ${version} (${license})\n`)
        const text = readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8").trim()
        assert.include(licences, text)
      }
      const ofSqlPg = licences.slice(licences.indexOf("\n@effect/sql-pg "))
      assert.match(
        ofSqlPg,
        /^\n@effect\/sql-pg [\d.]+ \(MIT\)\n\nMIT License\n\nCopyright \(c\) 2023-present The Contributors\n/,
      )
      assert.include(licences, "Copyright (c) 2017-2019 Tomas Della Vedova")
    }).pipe(Effect.scoped),
  )

  it.live("are in what npm packs, and esbuild's own file is not", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
      writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "x", version: "1.0.0", files }))
      mkdirSync(join(directory, "dist"))
      for (const name of ["bin.js", "bin.meta.json", "THIRD-PARTY-LICENSES.txt"]) {
        writeFileSync(join(directory, "dist", name), "")
      }
      const packed = JSON.parse(
        execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: directory, encoding: "utf8" }),
      )
      const paths = packed[0].files.map(({ path }: { path: string }) => path)
      assert.sameMembers(paths, ["dist/bin.js", "dist/THIRD-PARTY-LICENSES.txt", "package.json"])
    }).pipe(Effect.scoped),
  )

  it.live("are what the manifest states where no file exists; where it states nothing the build fails", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const author = { name: "Ada" }
      assert.strictEqual(licencesOf(directory, { license: "ISC", author }).status, 0)
      assert.include(readFileSync(join(directory, "out.txt"), "utf8"), "odd 1.2.3 (ISC)\n\nISC\nAda\n")
      for (const manifest of [{ author }, { license: "ISC" }]) {
        const { status, stderr } = licencesOf(directory, manifest)
        assert.strictEqual(status, 1)
        assert.include(stderr, "odd is bundled, but neither a file nor its package.json states its licence")
      }
    }).pipe(Effect.scoped),
  )
})
