import { assert, describe, it } from "@effect/vitest"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { loadedByOther, signature, unfinishedByOther } from "../../src/domain/otherMapping.ts"

describe("files that have another mapping", () => {
  it("are counted, and named where loading them has started", () => {
    assert.include(unfinishedByOther(["a", "b", "c", "d"]).message, "a, b, c and 1 more file started loading")
    const error = unfinishedByOther(["a", "b", "c", "d", "e"])
    assert.include(error.message, "a, b, c and 2 more files started loading")
    assert.deepInclude(error, { reason: "unfinished", files: ["a", "b", "c", "d", "e"] })
  })

  it("are reported where they are loaded", () => {
    assert.deepInclude(loadedByOther(["a"]), {
      reason: "loaded",
      message: "1 file was loaded with another column mapping, and is not loaded again.",
    })
    assert.strictEqual(
      loadedByOther(["a", "b"]).message,
      "2 files were loaded with another column mapping, and are not loaded again.",
    )
  })

  it("are known by a signature that has no order", () => {
    const [one, other] = [
      ColumnMapping.make({ mail: "email", name: "first_name" }),
      ColumnMapping.make({ name: "first_name", mail: "email" }),
    ]
    assert.strictEqual(signature(one), signature(other))
    assert.notStrictEqual(signature(one), signature(ColumnMapping.make({ mail: "email" })))
  })
})
