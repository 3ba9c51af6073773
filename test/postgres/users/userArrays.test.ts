import { assert, it } from "@effect/vitest"
import type { Winner } from "../../../src/domain/UserRecord.ts"
import { fieldColumns, fileColumns } from "../../../src/domain/fileColumns.ts"
import { userColumns } from "../../../src/domain/User.ts"
import { booleans, columnArray, integers, smallIntegers, texts, timestamps } from "../../../src/postgres/arrays.ts"
import { extraArray, microsArray, userArrays, userParameters } from "../../../src/postgres/users/userArrays.ts"
import { filledUser, makeUser } from "../../utils/records.ts"

it("each column's values are in the array of its name", () => {
  const users = [filledUser, makeUser({}), ...userColumns.map((column) => makeUser({ [column]: filledUser[column] }))]
  const arrays = userArrays(
    users.map((user, byteOffset) => ({
      user,
      instant: byteOffset === 2 ? { seconds: -5, micros: 999_999 } : null,
      fileId: 7,
      byteOffset,
      ...(byteOffset === 1 && { differs: true }),
    })),
  )
  assert.deepStrictEqual(
    userParameters.map(([name], index) => [name, arrays[index]]),
    [
      ...fieldColumns.map((column) => [
        column,
        columnArray(
          fileColumns[column].type,
          users.map((user) => user[column]),
        ),
      ]),
      ["file_id", smallIntegers(users.map(() => 7))],
      ["byte_offset", integers(users.map((_, index) => index))],
      ["differs", booleans(users.map((_, index) => index === 1))],
      ["updated_instant", timestamps(users.map((_, index) => (index === 2 ? -5_000 : null)))],
    ],
  )
})

it("microseconds are in an array where there are any", () => {
  const at = (instant: Winner["instant"]): Winner => ({ user: filledUser, instant, fileId: 7, byteOffset: 0 })
  const whole = [at(null), at({ seconds: 5, micros: 0 })]
  assert.strictEqual(microsArray(whole), undefined)
  assert.deepStrictEqual(microsArray([...whole, at({ seconds: -5, micros: 1 })]), smallIntegers([0, 0, 1]))
})

it("texts of extra are in an array where there are any", () => {
  const of = (extra: string | null): Winner => ({ user: makeUser({ extra }), instant: null, fileId: 7, byteOffset: 0 })
  assert.strictEqual(extraArray([of(null), of(null)]), undefined)
  assert.deepStrictEqual(extraArray([of(null), of('{"a":"1"}')]), texts([null, '{"a":"1"}']))
})
