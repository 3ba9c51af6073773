import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { transformSync } from "esbuild"

const bin = fileURLToPath(import.meta.resolve("../src/bin.ts"))
const { engines, scripts } = JSON.parse(
  readFileSync(fileURLToPath(import.meta.resolve("../package.json")), "utf8"),
) as Readonly<Record<"engines" | "scripts", Readonly<Record<string, string>>>>

/** `etl --version` by a Node that reports that version. */
const startUnder = (version: string) => {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
  return spawnSync(process.execPath, ["--import", `data:text/javascript,${pretend}`, bin, "--version"], {
    encoding: "utf8",
  })
}

describe("bin", () => {
  it.each(["20.20.2", "22.18.0"])("prints which Node it requires under Node %s", (version) => {
    const { status, stderr, stdout } = startUnder(version)
    assert.strictEqual(
      stderr,
      `etl requires Node 22.19 or later; this is Node ${version}. ` +
        "Install it from https://nodejs.org, or put an installed one first in PATH.\n",
    )
    assert.strictEqual(status, 2)
    assert.strictEqual(stdout, "")
  })

  it("starts under the oldest Node that it supports", () => {
    const { status, stderr, stdout } = startUnder("22.19.0")
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.match(stdout, /^etl \d+\.\d+\.\d+, Node 22\.19\.0, \w+ \w+\n$/)
  })

  // What Node cannot parse or import ends it before the first statement.
  it("imports nothing before the check, and is in the syntax of Node 12", () => {
    const source = readFileSync(bin, "utf8")
    assert.notMatch(source, /^\s*(?:import|export)\b(?!\()/m)
    const emit = (target: string) => transformSync(source, { loader: "ts", format: "esm", target }).code
    assert.strictEqual(emit("node12.22"), emit("esnext"))
  })

  it("requires the Node that package.json names, for which the command is bundled", () => {
    assert.strictEqual(engines["node"], ">=22.19")
    assert.include(scripts["bundle"], "--target=node22.19 ")
  })
})
