import { assert, it } from "@effect/vitest"
import { withoutFlags } from "../../../src/cli/usage/withoutFlags.ts"

it("leaves out flags with their values", () => {
  const words = ["--source", "a", "--out", "b", "--out=c", "--json", "--outer", "d", "--null", "--json"]
  assert.deepStrictEqual(withoutFlags(words, { toggles: ["json"], valued: ["out"] }), [
    "--source",
    "a",
    "--outer",
    "d",
    "--null",
  ])
})
