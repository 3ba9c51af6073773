import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import { SentEmails } from "../../../src/postgres/users/SentEmails.ts"
import { makeShares, makeUser } from "../../utils/records.ts"
import { rowUser } from "../../../src/domain/rows/rowValues.ts"

/** The last versions of some users, by their numbers. */
const versionsOf = (numbers: ReadonlyArray<number>) => {
  const users = numbers.map((number) => makeUser({ email: `ann${number}@example.com` }))
  return RowSet.of(makeShares(users, users.length).flatMap((share) => share.users.records)).versions
}

const range = (start: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => start + index)

describe("SentEmails", () => {
  it.prop(
    "knows each e-mail that was sent",
    { first: Schema.NonEmptyArray(Schema.Int), second: Schema.NonEmptyArray(Schema.Int) },
    ({ first, second }) => {
      const sent = new SentEmails()
      sent.add(versionsOf(first))
      const versions = versionsOf(second)
      const known = new Set(sent.add(versions))
      const emails = new Set(first.map((number) => `ann${number}@example.com`))
      for (const [place, row] of versions.numbers.entries())
        if (emails.has(rowUser(versions.rows, row).email)) assert.isTrue(known.has(place))
      assert.lengthOf(sent.add(versions), versions.numbers.length)
    },
  )

  it("takes hardly any other for one: of 300,000 e-mails, one in a thousand", () => {
    const sent = new SentEmails()
    const size = 10_000
    const taken = range(0, 30).map((chunk) => sent.add(versionsOf(range(chunk * size, size))).length)
    assert.isBelow(taken.at(-1)! / size, 0.001)
  })
})
