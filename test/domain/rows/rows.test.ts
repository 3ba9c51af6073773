import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isSameUser, type UserRecord } from "../../../src/domain/UserRecord.ts"
import { appendRows } from "../../../src/domain/rows/appendRows.ts"
import { textNumber } from "../../../src/domain/rows/layout.ts"
import { ofWinners, winnersOf } from "../../../src/domain/rows/LastVersions.ts"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import { Rows } from "../../../src/domain/rows/Rows.ts"
import { between } from "../../csv/drawnFormats.ts"
import { filledUser, makeUser } from "../../utils/records.ts"
import { addRecord } from "../../../src/domain/rows/addRecord.ts"
import { rowText } from "../../../src/domain/rows/rowValues.ts"

/** Some begin alike, for more bytes than a key has, and some are the beginning of others. */
const emails = ["a@b.c", "a@b.cc", "a-b@b.c", "long.name@example.com", "long.name@example.co", "long.name1@example.com"]

const DrawnRecord = Schema.Struct({
  email: Schema.Union([Schema.Literals(emails), between(0, 30)]),
  isFilled: Schema.Boolean,
  first_name: Schema.NullOr(Schema.Literals(["Ada", "Ädä", "名前"])),
  created_at: Schema.NullOr(Schema.Literals(["2024-02-29", "1969-12-31", "0001-01-02", "9999-12-31"])),
  extra: Schema.NullOr(Schema.Literals(['{"a":"b"}'])),
  instant: Schema.NullOr(Schema.Struct({ seconds: between(-2, 2), micros: between(0, 2) })),
  isBlanked: Schema.Boolean,
})
const DrawnRecords = Schema.Array(DrawnRecord).check(Schema.isMaxLength(60))

const recordsOf = (drawn: typeof DrawnRecords.Type): ReadonlyArray<UserRecord> =>
  drawn.map(({ email, first_name, created_at, extra, instant, isBlanked, isFilled }, index) => ({
    user: {
      ...(isFilled ? filledUser : makeUser({})),
      email: typeof email === "number" ? `same.first.letters.${email}@example.com` : email,
      first_name,
      created_at,
      extra,
    },
    instant,
    blanked: isBlanked ? [{ column: "gender", message: "is wrong" }] : undefined,
    fileId: 7,
    byteOffset: 2 ** 33 + index * 100,
    line: index + 2,
    raw: new TextEncoder().encode(`record ${index}`),
  }))

const withText = (record: UserRecord) => ({ ...record, raw: new TextDecoder().decode(record.raw) })

describe("Rows", () => {
  it.prop("give back the records that are added", { drawn: DrawnRecords }, ({ drawn }) => {
    const records = recordsOf(drawn)
    assert.deepStrictEqual(RowSet.of(records).records.map(withText), records.map(withText))
  })

  it.prop(
    "give back what is copied from others",
    { drawn: DrawnRecords, some: between(0, 60), others: between(0, 60) },
    ({ drawn, some, others }) => {
      const records = recordsOf(drawn.map((record) => Object.assign({}, record, { isBlanked: false })))
      const from = RowSet.of(records).rows
      const end = Math.min(some, records.length)
      const first = Math.min(others, records.length)
      const rows = new Rows(0, 0)
      appendRows(rows, from, 0, end)
      appendRows(rows, from, first, records.length)
      const copied = [...records.slice(0, end), ...records.slice(first)]
      assert.deepStrictEqual(RowSet.all(rows).records.map(withText), copied.map(withText))
    },
  )
})

describe("lastVersions", () => {
  it.prop("say whether the records of an e-mail differ", { drawn: DrawnRecords }, ({ drawn }) => {
    const records = recordsOf(drawn)
    const byEmail = Map.groupBy(records, ({ user }) => user.email)
    assert.deepStrictEqual(
      RowSet.of(records).winners.map(({ differs, user }) => [user.email, differs ?? false]),
      [...byEmail.keys()].toSorted().map((email) => {
        const [first, ...others] = byEmail.get(email)!
        return [email, others.some(({ user }) => !isSameUser(first!.user, user))]
      }),
    )
  })

  it.prop("are kept where they are known", { drawn: DrawnRecords }, ({ drawn }) => {
    const known = RowSet.of(recordsOf(drawn)).winners
    assert.deepStrictEqual(winnersOf(ofWinners(known)), known)
  })

  it("are those of 100,000 rows of which all begin alike", () => {
    const rows = new Rows(0, 0)
    const record = { instant: null, fileId: 0, line: 1, raw: new Uint8Array() }
    for (let number = 0; number < 100_000; number++) {
      const email = `the.same.beginning.${(number * 7_919) % 90_000}@example.com`
      addRecord(rows, { ...record, user: { ...makeUser({}), email }, byteOffset: number })
    }
    const { numbers } = RowSet.all(rows).versions
    const found = Array.from(numbers, (number) => rowText(rows, number, textNumber.email)!)
    assert.strictEqual(found.length, 90_000)
    assert.deepStrictEqual(found, found.toSorted())
    assert.strictEqual(Math.max(...numbers), 99_999)
  })
})
