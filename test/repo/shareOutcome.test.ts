import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { badValuesOf } from "../../src/domain/BadValue.ts"
import { plainFormat } from "../../src/domain/Format.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { unaccounted } from "../../src/domain/RunSummary.ts"
import { userColumns } from "../../src/domain/User.ts"
import { shareOutcome } from "../../src/repo/shareOutcome.ts"
import { header, makeUser } from "../utils/records.ts"

/** A record: the columns whose values are bad (undefined: none), and whether the store refuses it. */
const Drawn = Schema.Struct({
  columns: Schema.UndefinedOr(Schema.UniqueArray(Schema.Literals(userColumns)).check(Schema.isMaxLength(4))),
  isRefused: Schema.Boolean,
})

const reasonOf = (column: string) => ({ column, message: "is odd", value: "x" })

describe("the outcome of a share", () => {
  it.prop(
    "counts and keeps every bad value of a record that is not refused, whatever became of the record",
    {
      drawn: Schema.Array(Drawn).check(Schema.isMaxLength(12)),
      written: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    },
    ({ drawn, written }) => {
      const acceptedCount = drawn.filter(({ isRefused }) => !isRefused).length
      const inserted = acceptedCount === 0 ? 0 : Math.max(1, acceptedCount - written)
      let found = 0
      const users = drawn.map(({ columns, isRefused }, index) => ({
        // Those that are not inserted are duplicates.
        user: makeUser({ email: `${isRefused ? `refused${index}` : Math.min(found++, inserted - 1)}@example.com` }),
        instant: null,
        fileId: 1,
        byteOffset: index * 10,
        line: index + 2,
        raw: header,
        blanked: columns?.map(reasonOf),
      }))
      const refused = users.filter((_, index) => drawn[index]!.isRefused)
      const accepted = users.filter((_, index) => !drawn[index]!.isRefused)
      const { badValues, counts } = shareOutcome(
        {
          users: RowSet.of(users),
          rejects: [],
          checkpoint: { _tag: "File", header, format: plainFormat },
        },
        {
          inserted,
          updated: 0,
          unchanged: 0,
          stale: 0,
          refused: refused.toReversed().map((record) => ({ record, reasons: [reasonOf("email")] })),
        },
      )
      assert.deepStrictEqual(
        badValues,
        accepted.flatMap(({ blanked = [], byteOffset, line }) =>
          blanked.map((reason) => ({ byteOffset, line, reason })),
        ),
      )
      assert.strictEqual(counts.blanked, badValues.length)
      assert.strictEqual(unaccounted(counts), 0)
    },
  )

  it("makes nothing where every value could be used", () => {
    const user = { user: makeUser({}), instant: null, fileId: 1, byteOffset: 0, line: 2, raw: header }
    assert.strictEqual(badValuesOf(RowSet.of([user, user]), [user]), badValuesOf(RowSet.of([]), []))
  })
})
