import { assert, describe, it } from "@effect/vitest"
import { isSameUser } from "../../src/domain/Chunk.ts"
import { comparedColumns, filledUser, makeUser } from "../utils/records.ts"

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
