import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "..")
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"))

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}

interface Locked {
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const manifest: Manifest = readJson("package.json")
const locked = Object.entries(readJson("package-lock.json").packages as Record<string, Locked>)

const sourceOf = (built: string): string => built.replace(/^(?:\.\/)?dist\/(.*)\.js$/, "src/$1.ts")

const targets = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === "string" ? [] : [{ subpath, ...target }],
)

describe("package.json", () => {
  it("publishes sources that are there, with their types", () => {
    for (const file of [...Object.values(manifest.bin), ...targets.map((target) => target.default)]) {
      assert.isTrue(existsSync(join(root, sourceOf(file))), file)
    }
    for (const target of targets) assert.strictEqual(target.types, target.default.replace(/\.js$/, ".d.ts"))
  })

  it("publishes what the compiler finds under the package's name, in tests and examples", () => {
    const published = targets.map((target) => [
      join("user-activity-etl", target.subpath),
      [`./${sourceOf(target.default)}`],
    ])
    assert.deepStrictEqual(readJson("tsconfig.json").compilerOptions.paths, Object.fromEntries(published))
  })

  // So that the compiler can name their types in the declarations of a program, as it can those of Effect's modules.
  it("publishes each namespace of the public API as a module too", () => {
    const text = readFileSync(join(root, "src/index.ts"), "utf8")
    const namespaces = Array.from(text.matchAll(/^export \* as (\w+) from "\.\/(.*)\.ts"$/gm), ([, name, path]) => [
      `./${name}`,
      `./dist/${path}.js`,
    ])
    assert.isNotEmpty(namespaces)
    for (const [subpath, built] of namespaces) {
      assert.strictEqual(targets.find((target) => target.subpath === subpath)?.default, built)
    }
  })
})

describe("package-lock.json", () => {
  it("names no registry", () => {
    const resolved = locked.flatMap(([, { resolved }]) => resolved ?? [])
    assert.deepStrictEqual(resolved, [])
  })

  // A registry that lacks the packages of other platforms leaves them out, and then npm ci refuses the lock everywhere.
  it("has the packages of every platform", () => {
    const names = new Set(locked.map(([path]) => path.replace(/^.*node_modules\//, "")))
    const missing = locked
      .flatMap(([, { optionalDependencies }]) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => !names.has(name))
    assert.deepStrictEqual(missing, [])
  })

  it("has no install script that package.json does not allow", () => {
    const scripts = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ""))
    assert.sameMembers(scripts, Object.keys(manifest.allowScripts))
  })
})
