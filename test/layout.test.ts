import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "..")

/** The sources by path from the top, in order. */
const sources = new Map(
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .toSorted()
    .map((path) => [join("src", path), readFileSync(join(root, "src", path), "utf8")]),
)

const specifiers = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.matchAll(
      /^\s*(?:import|export)(?!\s+type\s)(?:[^"'`;]*?\sfrom)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|\bnew URL\(\s*"([^"]+\.ts)"/gm,
    ),
    (match) => (match[1] ?? match[2] ?? match[3])!,
  )

/** What a source loads when it runs, directly and through other sources; imports of types alone do not count. */
const reachable = (path: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const specifier of specifiers(sources.get(path) ?? "")) {
    if (specifier.startsWith(".")) reachable(join(dirname(path), specifier), seen)
    else seen.add(specifier)
  }
  return seen
}

// What the linter can check is in .oxlintrc.json.
describe("layout", () => {
  it("has nothing at the top but what belongs there", () => {
    const allowed =
      /^(?:\..+|package\.json|package-lock\.json|tsconfig[a-z.]*\.json|src|input|test|column_mappings\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md)$/
    const ignored = /^(?:node_modules|dist|.*\.log|.*\.tgz)$/
    const names = readdirSync(root).filter((name) => !ignored.test(name))
    assert.deepStrictEqual(
      names.filter((name) => !allowed.test(name)),
      [],
    )
  })

  it("has sources of at most 300 lines", () => {
    const long = Array.from(sources, ([path, text]) => ({ path, lines: text.trimEnd().split("\n").length }))
    assert.isAbove(long.length, 0)
    assert.deepStrictEqual(
      long.filter(({ lines }) => lines > 300),
      [],
    )
  })

  it("loads nothing of Node for the public API", () => {
    for (const entry of ["src/index.ts", "src/testing.ts"]) {
      const platform = [...reachable(entry)].filter((name) => /^node:|^@effect\/platform-node/.test(name))
      assert.deepStrictEqual(platform, [], entry)
    }
  })

  it("provides layers to the program once", () => {
    const provided = Array.from(sources.values()).flatMap((text) => text.match(/\bEffect\.provide\(/g) ?? [])
    assert.isAtMost(provided.length, 1)
  })
})
