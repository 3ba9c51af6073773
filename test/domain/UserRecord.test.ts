import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isSameUser } from "../../src/domain/UserRecord.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { comparedColumns, filledUser, makeUser, makeVersion, SmallVersion } from "../utils/records.ts"
import { compareUpdates } from "../utils/updates.ts"

describe("isSameUser", () => {
  it.each(comparedColumns)("compares %s", (column) => {
    const blank = makeUser({})
    for (const user of [blank, filledUser]) {
      const other = user === blank ? filledUser : blank
      assert.isTrue(isSameUser(user, { ...user }))
      assert.isFalse(isSameUser(user, { ...user, [column]: other[column] }))
      assert.isFalse(isSameUser({ ...user, [column]: other[column] }, user))
    }
  })
})

describe("winners", () => {
  it.prop(
    "are the latest instant of each e-mail, and the last record of those",
    { versions: Schema.Array(SmallVersion).check(Schema.isMaxLength(25)) },
    ({ versions }) => {
      const records = versions.map((version, byteOffset) => {
        return { ...makeVersion(version), fileId: 1, byteOffset, line: byteOffset + 2, raw: new Uint8Array() }
      })
      const indexes = Map.groupBy(versions.keys(), (index) => versions[index]!.email)
      const expected = [...indexes.keys()].sort().map((email) =>
        indexes.get(email)!.reduce((left, right) => {
          return compareUpdates(versions[right]!.updated_at, versions[left]!.updated_at) >= 0 ? right : left
        }),
      )
      assert.deepStrictEqual(
        RowSet.of(records).winners.map(({ byteOffset, instant, user }) => ({ byteOffset, instant, user })),
        expected.map((byteOffset) => {
          const { instant, user } = makeVersion(versions[byteOffset]!)
          return { byteOffset, instant, user }
        }),
      )
    },
  )
})
