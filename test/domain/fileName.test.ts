import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { fateOf, isCsvName } from "../../src/domain/fileName.ts"

const Stem = Schema.String.check(Schema.isPattern(/^[^./~][^/]*$/u))

const upper = (text: string, is: boolean) => (is ? text.toUpperCase() : text)

describe("the name of a file of a folder", () => {
  it.prop(
    "decides whether it is read, in upper or lower case",
    {
      stem: Stem,
      ending: Schema.Literals([".csv", ".tsv"]),
      compressed: Schema.Literals(["", ".gz", ".zst"]),
      isUpper: Schema.Boolean,
    },
    ({ compressed, ending, isUpper, stem }) => {
      const name = stem + upper(ending + compressed, isUpper)
      assert.strictEqual(fateOf(name), "read")
      assert.isTrue(isCsvName(name))
      for (const beginning of [".", "._", "~$", ".~lock."]) {
        assert.strictEqual(fateOf(beginning + name), "skipped")
        assert.strictEqual(fateOf(`folder/${beginning}${name}`), "skipped")
        assert.strictEqual(fateOf(`${beginning}folder/${name}`), "read")
      }
      for (const end of [".part", ".crdownload", ".download", ".tmp", ".filepart"]) {
        assert.strictEqual(fateOf(name + upper(end, isUpper)), "skipped")
      }
      assert.strictEqual(fateOf(`a/__MACOSX/${name}`), "skipped")
      for (const end of ["~", ".txt", ".gz.gz", "x"]) assert.strictEqual(fateOf(name + end), "others")
      for (const end of [".zip", ".bz2"]) assert.strictEqual(fateOf(name + upper(end, isUpper)), "archive")
    },
  )

  it("is not that of a file which is read", () => {
    for (const name of ["export.txt", "noext", "csv", "users.csvx", "users.gz", "a.zst", "x__MACOSX/a", "part"]) {
      assert.strictEqual(fateOf(name), "others", name)
    }
    for (const name of [".DS_Store", ".csv", "__MACOSX", "users.csv.lock.part"]) {
      assert.strictEqual(fateOf(name), "skipped", name)
    }
  })
})
