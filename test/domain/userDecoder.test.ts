import { assert, describe, it } from "@effect/vitest"
import { Record, Result, Schema } from "effect"
import { type ColumnMapping, make } from "../../src/domain/ColumnMapping.ts"
import * as Extra from "../../src/domain/Extra.ts"
import { type FieldColumn, fieldColumns, fileColumns } from "../../src/domain/fileColumns.ts"
import { type Format, formatBy, plainFormat } from "../../src/domain/Format.ts"
import { instantText } from "../../src/domain/Moment.ts"
import type { MappedRecord } from "../../src/domain/User.ts"
import { type DecodedUser, userDecoder } from "../../src/domain/userDecoder.ts"
import { printable } from "../../src/text/printable.ts"
import { blankRecord } from "../utils/records.ts"

type Said = Parameters<typeof make>[0]

const all = Object.fromEntries(fieldColumns.map((column) => [column, column]))
const mappingOf = (said: Said): ColumnMapping => {
  const columns = Object.values(said).map((mapped) => (typeof mapped === "string" ? mapped : mapped.column))
  return make({
    ...Object.fromEntries(Object.entries(all).filter(([name]) => !columns.includes(name as FieldColumn))),
    ...said,
  })
}

const decode = (
  fields: Partial<MappedRecord>,
  { said = {}, ...format }: Partial<Format> & { readonly said?: Said } = {},
) => userDecoder(mappingOf(said), { ...plainFormat, ...format })({ ...blankRecord, ...fields })

const decoded = (...given: Parameters<typeof decode>): DecodedUser => Result.getOrThrow(decode(...given))
const reasons = (...given: Parameters<typeof decode>) => Result.getOrThrow(Result.flip(decode(...given)))

describe("userDecoder", () => {
  it("reads the dates of a column by its format, and others in the usual forms", () => {
    const said = { Joined: { column: "created_at", format: "DD/MM/YYYY" } } as const
    for (const [text, day] of [
      ["05/04/2023", "2023-04-05"],
      ["5/4/2023 23:59", "2023-04-05"],
      ["2023-04-05T10:00:00Z", "2023-04-05"],
      ["Apr 5, 2023", "2023-04-05"],
      ["NULL", null],
      ["", null],
    ] as const) {
      assert.strictEqual(decoded({ created_at: text }, { said }).user.created_at, day, text)
    }
    assert.deepStrictEqual(reasons({ created_at: "05/13/2023", updated_at: "5/4/2023" }, { said }), [
      { column: "created_at", message: "is not a valid date (read as DD/MM/YYYY)", value: "05/13/2023" },
      {
        column: "updated_at",
        message: 'could be month/day or day/month. Name "MM/DD/YYYY" or "DD/MM/YYYY" as its format in the mapping',
        value: "5/4/2023",
      },
    ])
  })

  it("keeps the instant of updated_at, whose day is as written", () => {
    const { user, instant } = decoded({ updated_at: "2024-02-06T23:30:00.1234567-05:00" })
    assert.strictEqual(user.updated_at, "2024-02-06")
    assert.strictEqual(instantText(instant!), "2024-02-07T04:30:00.123456Z")
    for (const text of ["", "0000-00-00", "2024-02-06"]) assert.isUndefined(decoded({ updated_at: text }).instant)
  })

  it("reads the words of a column, which win over the built-in ones", () => {
    const said = {
      State: { column: "status", true: ["aktiv", "0"], false: ["gesperrt"], null: ["yes"] },
      Born: { column: "created_at", null: ["1900-01-01"] },
      Nick: { column: "first_name", null: ["n/a", "-"] },
      IP: { column: "ip_address", null: ["0.0.0.0"] },
    } as const
    for (const [text, status] of [
      ["AKTIV", true],
      ["0", true],
      ["Gesperrt", false],
      ["YES", null],
      ["off", false],
    ] as const) {
      assert.strictEqual(decoded({ status: text }, { said }).user.status, status, text)
    }
    const record = { created_at: "1900-01-01", first_name: "n/a", last_name: "n/a", ip_address: "0.0.0.0" }
    assert.deepInclude(decoded(record, { said }).user, {
      created_at: null,
      first_name: null,
      last_name: "n/a",
      ip_address: null,
    })
    // In text every other spelling may be a name.
    assert.strictEqual(decoded({ first_name: "N/A" }, { said }).user.first_name, "N/A")
  })

  it("reads null words, exact, as null in every column but e-mail", () => {
    const nullWords = ["NULL", "0", "a@example.com"]
    for (const word of nullWords) {
      const record = Record.map(fileColumns, (_, column) =>
        column === "email" ? "a@example.com" : column === "extra" ? "" : word,
      )
      assert.deepStrictEqual<unknown>(decoded(record, { nullWords }).user, {
        ...Record.map(fileColumns, () => null),
        email: "a@example.com",
      })
    }
    assert.strictEqual(decoded({ first_name: "Null" }, { nullWords }).user.first_name, "Null")
  })

  it("takes texts as wide as the format has them", () => {
    const widths = { ...plainFormat.widths, gender: 3, first_name: null }
    const long = "x".repeat(100_000)
    assert.strictEqual(decoded({ first_name: long, gender: "abc" }, { widths }).user.first_name, long)
    assert.deepStrictEqual(reasons({ gender: "abcd" }, { widths }), [
      { column: "gender", message: "is longer than 3 characters", value: "abcd" },
    ])
  })

  it("shows the text at fault: short, on one line, none of a password, none that is empty", () => {
    const long = `a\n\u202e${"b".repeat(50)}`
    assert.deepStrictEqual(
      reasons({ email: "", status: long, password: "p".repeat(300) }).map(({ column, value }) => [column, value]),
      [
        ["email", undefined],
        ["password", undefined],
        ["status", `a\\u000a\\u202e${"b".repeat(37)}...`],
      ],
    )
  })

  it.prop(
    "shows whole characters of the text at fault, the first 40: the database refuses half of one",
    { before: Schema.String.check(Schema.isMaxLength(60)), after: Schema.String },
    ({ after, before }) => {
      const status = `🦊${before}🦊${after}`.toWellFormed()
      const characters = Array.from(status)
      const shown = characters.length > 40 ? `${characters.slice(0, 40).join("")}...` : status
      assert.deepStrictEqual(
        reasons({ status }).map(({ value }) => value),
        [printable(shown)],
      )
    },
  )

  const bad = {
    source_id: "x".repeat(1_000),
    ip_address: "1.2.3",
    created_at: "soon",
    password: "p".repeat(1_000),
    status: "maybe",
    first_name: "a\0",
  }

  it("makes values that cannot be used null where bad values are, and reports them", () => {
    const { blanked, user } = decoded({ ...bad, last_name: "Byron" }, { badValues: "null" })
    assert.deepStrictEqual<unknown>(user, {
      ...Record.map(fileColumns, () => null),
      email: "a@example.com",
      last_name: "Byron",
    })
    assert.deepStrictEqual(blanked, reasons({ ...bad, last_name: "Byron" }))
    assert.isUndefined(decoded({ last_name: "Byron" }, { badValues: "null" }).blanked)
  })

  it("rejects a record without a usable e-mail or updated_at, with every reason, whatever bad values are", () => {
    const record = { ...bad, updated_at: "soon", email: "@" }
    for (const badValues of ["reject", "null"] as const) {
      const columns = reasons(record, { badValues }).map(({ column }) => column)
      assert.includeMembers(columns, ["email", "updated_at"])
    }
  })

  it("shows of an extra that is too long its sizes, and no text", () => {
    const extra = Extra.make({ short: "x", Notes: "é".repeat(33_000), "7": "" })!
    const message = "is longer than 65,536 bytes of JSON"
    const detail = '66,024 bytes, 66,010 of them for "Notes"'
    assert.deepStrictEqual(reasons({ extra }), [{ column: "extra", message, detail }])
    const { blanked, user } = decoded({ extra }, { badValues: "null" })
    assert.isNull(user.extra)
    assert.deepStrictEqual(blanked, [{ column: "extra", message, detail }])
    assert.deepStrictEqual(reasons({ extra: Extra.make({ [`${"n".repeat(50)}`]: "secret\0" })! }), [
      {
        column: "extra",
        message: "contains a NUL character, which PostgreSQL cannot store",
        detail: `in "${"n".repeat(40)}..."`,
      },
    ])
  })

  it("counts a name as a part of its field", () => {
    const [reason] = reasons({ extra: Extra.make({ Notes: "x".repeat(100), [`N${"n".repeat(66_000)}`]: "1" })! })
    assert.strictEqual(reason?.detail, `66,120 bytes, 66,007 of them for "N${"n".repeat(39)}..."`)
  })

  const Texts = Schema.Record(
    Schema.Literals(fieldColumns),
    Schema.Literals([
      "",
      "NULL",
      "0",
      "1/5/2023",
      "13/1/2023",
      "2023-01-05 10:00",
      "8.8.8.8:80",
      "yes",
      "x".repeat(300),
    ]),
  )

  it.prop(
    "reads its own values as themselves",
    {
      texts: Texts,
      nullWords: Schema.Array(Schema.Literals(["NULL", "0"])),
      onBadValue: Schema.Literals(["reject", "null"]),
    },
    ({ texts, nullWords, onBadValue }) => {
      const decode = userDecoder(mappingOf({}), formatBy({ nullWords, onBadValue }))
      const first = decode({ ...texts, extra: '{"a":"1"}', email: "a@example.com" })
      if (Result.isFailure(first)) return
      const written = Record.map(first.success.user, (value) => (value === null ? "" : String(value)))
      assert.deepStrictEqual(Result.getOrThrow(decode(written)).user, first.success.user)
    },
  )

  it("gives files of one kind one decoder", () => {
    const said = { a: "email", b: { column: "status", true: ["ja"] } } as const
    assert.strictEqual(
      userDecoder(make(said), plainFormat),
      userDecoder(make(said), { ...plainFormat, delimiter: ";" }),
    )
    assert.notStrictEqual(
      userDecoder(make(said), plainFormat),
      userDecoder(make(said), { ...plainFormat, nullWords: ["x"] }),
    )
  })
})
