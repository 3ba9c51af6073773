import { PgTypes } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Result } from "effect"
import type { Location } from "../../../src/domain/Location.ts"
import { PlaceTable } from "../../../src/domain/PlaceTable.ts"
import { userColumns } from "../../../src/domain/User.ts"
import { ofWinners, sliceOf } from "../../../src/domain/rows/LastVersions.ts"
import type { RowPlaces } from "../../../src/domain/rows/RowPlaces.ts"
import { placeColumns } from "../../../src/postgres/locations/placeColumns.ts"
import { arraysOfBytes } from "../../../src/postgres/users/arraysOfBytes.ts"
import { arraysOfValues } from "../../../src/postgres/users/arraysOfValues.ts"
import type { ArrayParameter } from "../../../src/postgres/users/ColumnArrays.ts"
import { userArrays, userParameters } from "../../../src/postgres/users/userArrays.ts"
import { ip } from "../../utils/addresses.ts"
import { filledUser, makeUser } from "../../utils/records.ts"

/** Each column is filled in one of the rows. */
const users = [
  makeUser({}),
  ...userColumns.filter((column) => column !== "extra").map((column) => makeUser({ [column]: filledUser[column] })),
]
const versions = ofWinners(
  users.map((user, byteOffset) => ({
    user,
    instant: byteOffset === 2 ? { seconds: -5, micros: 999_000 } : null,
    fileId: 7,
    byteOffset,
    ...(byteOffset === 1 && { differs: true }),
  })),
)

const instants = users.map((_, index) => (index === 2 ? new Date(-4_001) : null))
const expected: Readonly<Record<string, unknown>> = {
  file_id: users.map(() => 7),
  byte_offset: users.map((_, index) => BigInt(index)),
  differs: users.map((_, index) => index === 1),
  updated_instant: instants,
}
const names = userParameters.map(([name]) => name)
const expectedOf = (name: string): unknown => expected[name] ?? users.map((user) => user[name as "email"])

const read = (parameter: ArrayParameter | undefined): unknown => {
  assert(parameter !== undefined && typeof parameter !== "string")
  return Result.getOrThrow(PgTypes.decode(parameter.value as Uint8Array, parameter.oid, 1))
}

it("each column's values are in the array of its name, as bytes", () => {
  const { users: arrays } = userArrays(arraysOfBytes, versions)
  assert.deepStrictEqual(
    names.map((name, index) => [name, read(arrays[index])]),
    names.map((name) => [name, expectedOf(name)]),
  )
})

it("each column's values are in the array of its name, as values", () => {
  const { users: arrays } = userArrays(arraysOfValues, versions)
  const given = arrays.map((array) => (typeof array === "string" ? array : array.value))
  const text = `{${instants.map((instant) => (instant === null ? "NULL" : "1969-12-31T23:59:55.999000Z")).join(",")}}`
  assert.deepStrictEqual(
    names.map((name, index) => [name, given[index]]),
    names.map((name) => [name, name === "updated_instant" ? text : expectedOf(name)]),
  )
})

it("a part has its rows alone", () => {
  const { users: arrays } = userArrays(arraysOfBytes, sliceOf(versions, 1, 3))
  assert.deepStrictEqual(read(arrays[names.indexOf("byte_offset")]), [1n, 2n])
  assert.deepStrictEqual(read(arrays[names.indexOf("differs")]), [true, false])
})

it("texts of extra are in an array where there are any", () => {
  const ofExtra = (extra: ReadonlyArray<string | null>) =>
    userArrays(
      arraysOfBytes,
      ofWinners(extra.map((extra) => ({ user: makeUser({ extra }), instant: null, fileId: 7, byteOffset: 0 }))),
    )
  assert.isUndefined(ofExtra([null, null]).extra)
  assert.deepStrictEqual(read(ofExtra([null, '{"a":"1"}']).extra), [null, '{"a":"1"}'])
})

const place = (city: string | null): Location => ({
  latitude: 51.5,
  longitude: -0.1,
  country: "Österreich",
  region: null,
  city,
  timezone: "Europe/Vienna",
  isp_name: null,
})

it("places by number and by address are in the same arrays, as bytes and as values", () => {
  const addresses = ["1.1.1.1", "2.2.2.2", null, "1.1.1.1", "3.3.3.3", "4.4.4.4"] as const
  const versions = ofWinners(
    addresses.map((address, byteOffset) => ({
      user: makeUser({ ip_address: address === null ? null : ip(address) }),
      instant: null,
      fileId: 7,
      byteOffset,
    })),
  )
  const table = new PlaceTable()
  const [one, two] = [table.add(place("Wien")), table.add(place(null))]
  const places: RowPlaces = {
    byAddress: new Map([[ip("3.3.3.3"), place("Graz")]]),
    numbered: { table, numbers: Int32Array.of(one, two, 0, one, 0, 0), addresses: 2 },
  }
  const expected = [place("Wien"), place(null), null, place("Wien"), place("Graz"), null]
  const columns = placeColumns.map((column) => expected.map((place) => place && place[column]))
  assert.deepStrictEqual(arraysOfBytes.places(versions, places).map(read), columns)
  const values = arraysOfValues.places(versions, places)
  assert.deepStrictEqual(
    values.map((array) => (typeof array === "string" ? array : array.value)),
    columns,
  )
})
