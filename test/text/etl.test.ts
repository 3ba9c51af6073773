import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { etlFrom } from "../../src/text/etl.ts"

const { name, scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))

describe("the command in hints", () => {
  it.each(["etl", "start"])("is the script of a checkout that npm run %s has started", (script) => {
    assert.property(scripts, script)
    assert.strictEqual(etlFrom({ npm_lifecycle_event: script, npm_package_name: name }), "npm run etl --")
  })

  it("is etl elsewhere", () => {
    for (const env of [
      {},
      { npm_package_name: name },
      { npm_lifecycle_event: "test", npm_package_name: name },
      { npm_lifecycle_event: "etl", npm_package_name: "of-a-user" },
    ]) {
      assert.strictEqual(etlFrom(env), "etl")
    }
  })
})
