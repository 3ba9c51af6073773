import { assert, describe, it } from "@effect/vitest"
import { fileColumns } from "../../src/domain/fileColumns.ts"
import { NullWordTally } from "../../src/domain/NullWordTally.ts"
import { userColumns } from "../../src/domain/User.ts"
import { makeUser } from "../utils/records.ts"

const textColumns = userColumns.filter((column) => fileColumns[column].isText)

describe("NullWordTally", () => {
  it.each(textColumns.filter((column) => !fileColumns[column].isSecret))(
    "counts the words of %s, as they are written",
    (column) => {
      const tally = new NullWordTally()
      for (const value of ["NULL", "null", "NULL", "Nora", "", null, "n/a"]) {
        tally.add(makeUser({ email: "a@example.com", [column]: value }))
      }
      assert.deepStrictEqual<unknown>(tally.counts, [
        { column, word: "NULL", records: 2 },
        { column, word: "null", records: 1 },
        { column, word: "n/a", records: 1 },
      ])
    },
  )

  it("shows no word of a password", () => {
    const tally = new NullWordTally()
    for (const password of ["NULL", "-", "h"]) tally.add(makeUser({ email: "a@example.com", password }))
    assert.deepStrictEqual<unknown>(tally.counts, [{ column: "password", word: null, records: 2 }])
  })

  it("counts columns of text alone", () => {
    assert.deepStrictEqual<unknown>(textColumns, ["source_id", "first_name", "last_name", "gender", "password"])
  })
})
