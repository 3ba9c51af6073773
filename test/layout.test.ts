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

const specifiers = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(text.matchAll(pattern), (match) => match[1]!)

const imports = /^\s*(?:import|export)(?!\s+type\s)(?:[^"'`;]*?\sfrom)?\s*"([^"]+)"/gm
const importsWhenUsed = /\b(?:import|new URL)\(\s*"([^"]+)"/gm

/** What a source loads at once, directly and through other sources, and, with `later`, when it runs; types do not count. */
const reachable = (path: string, later: boolean, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  const text = sources.get(path) ?? ""
  for (const specifier of [...specifiers(text, imports), ...(later ? specifiers(text, importsWhenUsed) : [])]) {
    if (specifier.startsWith(".")) reachable(join(dirname(path), specifier), later, seen)
    else seen.add(specifier)
  }
  return seen
}

// What the linter can check is in .oxlintrc.json.
describe("layout", () => {
  it("has nothing at the top but what belongs there", () => {
    const allowed =
      /^(?:\..+|package\.json|package-lock\.json|tsconfig[a-z.]*\.json|src|input|test|column_mappings\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md)$/
    const ignored = /^(?:node_modules|dist|report\.html|.*\.log|.*\.tgz)$/
    const names = readdirSync(root).filter((name) => !ignored.test(name))
    assert.deepStrictEqual(
      names.filter((name) => !allowed.test(name)),
      [],
    )
  })

  it("has a rule of the linter for what each folder may import", () => {
    const { overrides } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"))
    const ruled = new Set(
      (overrides as ReadonlyArray<{ readonly files: ReadonlyArray<string>; readonly rules: object }>).flatMap(
        ({ files, rules }) => ("no-restricted-imports" in rules ? files : []),
      ),
    )
    const rooms = new Set([...sources.keys()].flatMap((path) => /^src\/[^/]+(?=\/)/.exec(path) ?? []))
    assert.deepStrictEqual(
      [...rooms].filter((room) => !ruled.has(`${room}/**`)),
      [],
    )
  })

  it("has files that open with what they are for", () => {
    const silent = [...sources].filter(([path, text]) => path !== "src/bin.ts" && !/^\/(?:\/ |\*\*)/.test(text))
    assert.deepStrictEqual(
      silent.map(([path]) => path),
      [],
    )
  })

  it("loads nothing of Node for the public API, but what decompresses files", () => {
    for (const [entry, allowed] of [
      ["src/index.ts", ["node:zlib"]],
      ["src/testing.ts", []],
    ] as const) {
      const platform = [...reachable(entry, true)].filter((name) => /^node:|^@effect\/platform-node/.test(name))
      assert.deepStrictEqual(platform, [...allowed], entry)
    }
  })

  it("loads neither logging nor Node for the report's page", () => {
    const loaded = [...reachable("src/report/page.ts", true)]
    assert.include(loaded, "src/text/printable.ts")
    assert.deepStrictEqual(
      loaded.filter((name) => name === "src/observability/Logging.ts" || /^node:|^@effect/.test(name)),
      [],
    )
  })

  // Whoever asks for help waits for all of it. `npm run bench:start` tells how long.
  it("loads little before a command runs", () => {
    const loaded = [...reachable("src/cli/program.ts", false)]
    assert.includeMembers(loaded, ["src/cli/Cli.ts", "src/cli/commands/run.ts"])
    assert.deepStrictEqual(loaded.filter((name) => !name.startsWith("src/") && !name.startsWith("node:")).toSorted(), [
      "@effect/platform-node/NodeServices",
      "effect",
      "effect/cli",
      "package.json",
    ])
    const heavy =
      /^src\/(?:cli\/(?:handlers\/|check\/(?:check|findings|settings)|layers|clusterLayers)|cluster|database|geo|memory|postgres|repo|report|source|domain\/User\.ts)/
    assert.deepStrictEqual(
      loaded.filter((name) => heavy.test(name)),
      [],
    )
    const later = [...reachable("src/cli/program.ts", true)]
    assert.includeMembers(later, ["src/cli/handlers/run.ts", "src/cli/layers.ts", "src/pipeline/Pipeline.ts"])
  })

  it("provides layers to the program once", () => {
    // Examples in comments are programs of others.
    const provided = Array.from(sources.values()).flatMap(
      (text) => text.match(/^(?!\s*\*).*\bEffect\.provide\(/gm) ?? [],
    )
    assert.isAtMost(provided.length, 1)
  })
})
