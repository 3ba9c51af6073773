import { assert, it } from "@effect/vitest"
import { fileColumns } from "../../../src/domain/fileColumns.ts"
import { userColumns } from "../../../src/domain/User.ts"
import { booleans, columnArray, integers, smallIntegers } from "../../../src/postgres/arrays.ts"
import { userArrays, userParameters } from "../../../src/postgres/users/userArrays.ts"
import { filledUser, makeUser } from "../../utils/records.ts"

it("each column's values are in the array of its name", () => {
  const users = [filledUser, makeUser({}), ...userColumns.map((column) => makeUser({ [column]: filledUser[column] }))]
  const arrays = userArrays(
    users.map((user, byteOffset) => ({ user, fileId: 7, byteOffset, ...(byteOffset === 1 && { differs: true }) })),
  )
  assert.deepStrictEqual(
    userParameters.map(([name], index) => [name, arrays[index]]),
    [
      ...userColumns.map((column) => [
        column,
        columnArray(
          fileColumns[column].type,
          users.map((user) => user[column]),
        ),
      ]),
      ["file_id", smallIntegers(users.map(() => 7))],
      ["byte_offset", integers(users.map((_, index) => index))],
      ["differs", booleans(users.map((_, index) => index === 1))],
    ],
  )
})
