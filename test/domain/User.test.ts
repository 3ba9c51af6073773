import { assert, describe, it } from "@effect/vitest"
import { Exit, Record, Result, Schema, SchemaIssue } from "effect"
import { type Format, plainFormat } from "../../src/domain/Format.ts"
import { fileColumns } from "../../src/domain/fileColumns.ts"
import { type MappedRecord, User, userColumns } from "../../src/domain/User.ts"
import { ip } from "../utils/addresses.ts"
import { blankRecord, decodeUser } from "../utils/records.ts"

const decoded = (fields: Partial<MappedRecord>, format: Format = plainFormat) => {
  const result = decodeUser({ ...blankRecord, ...fields }, format)
  return Result.isSuccess(result) ? result.success : result.failure.map(({ column, message }) => `${column} ${message}`)
}

/** Of a file in which nothing but month/day/year fits. */
const monthFirst: Format = { ...plainFormat, monthFirst: ["created_at", "updated_at"] }

const intBetween = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("decodeUser", () => {
  it("reads empty text as null", () => {
    assert.deepStrictEqual<unknown>(decoded({}), { ...Record.map(fileColumns, () => null), email: "a@example.com" })
  })

  it("reports every issue, and never a value", () => {
    const secret = "s3cret".repeat(50)
    assert.deepStrictEqual(
      decoded({ email: "@", password: secret, created_at: "30.2.2020", ip_address: "1.2.3", status: "maybe" }),
      [
        "email is not a valid e-mail address",
        "ip_address is not an IPv4 or IPv6 address",
        "created_at is not a valid date (read as day.month.year)",
        "password is longer than 255 characters",
        "status is no known word for true or false. Name it in the mapping",
      ],
    )
  })

  it.prop(
    "dates: every calendar day in each form, as written",
    {
      day: intBetween(1, 3_652_058),
      hour: intBetween(0, 23),
      offset: Schema.Literals(["", "Z", "+14:00", "-1130", "+05"]),
    },
    ({ day, hour, offset }) => {
      // JavaScript's calendar is the reference; day 1 is 0001-01-02, the last one 9999-12-31.
      const date = new Date(Date.UTC(2000, 0, 1) + (day - 730_119) * 86_400_000)
      const iso = date.toISOString().slice(0, 10)
      const time = `${String(hour).padStart(2, "0")}:59`
      const american = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${String(date.getUTCFullYear()).padStart(4, "0")}`
      for (const text of [iso, ` ${iso} `, `${iso}T${time}${offset}`, `${iso} ${time}:58.123${offset}`, american]) {
        assert.deepInclude(decoded({ updated_at: text }, monthFirst), { updated_at: iso })
      }
    },
  )

  it.prop(
    "dates: a day that JavaScript's calendar lacks is rejected",
    { year: intBetween(0, 9999), month: intBetween(0, 14), day: intBetween(0, 33) },
    ({ year, month, day }) => {
      const text = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`
      const parsed = new Date(`${text}T00:00:00Z`)
      const isNone = year === 0 && month === 0 && day === 0
      const exists = isNone || (year >= 1 && !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text))
      assert.strictEqual(!Array.isArray(decoded({ created_at: text })), exists)
    },
  )

  it.each([
    ["2024-12-31T24:00:00Z", "2024-12-31"],
    ["2024-12-31 23:30:00-05:00", "2024-12-31"],
    ["2024-12-31T10:11:12+01:00[Europe/Berlin]", "2024-12-31"],
    ["2024-12-31 10:11:12 +0000 UTC", "2024-12-31"],
    ["2024-W52-2", "2024-12-24"],
    ["20241231", "2024-12-31"],
    ["20241231T101112Z", "2024-12-31"],
    ["2024/12/31", "2024-12-31"],
    ["2024-1-5", "2024-01-05"],
    ["31.12.2024", "2024-12-31"],
    ["31-DEC-2024", "2024-12-31"],
    ["Dec 31, 2024", "2024-12-31"],
    ["Tue, 31 Dec 2024 10:11:12 +0000", "2024-12-31"],
    ["'2024-12-31", "2024-12-31"],
    ["1/5/2023 10:30:15 AM", "2023-01-05"],
    ["0001-01-02", "0001-01-02"],
  ])("dates: the day of %s is %s", (text, day) => {
    assert.deepInclude(decoded({ created_at: text, updated_at: text }, monthFirst), {
      created_at: day,
      updated_at: day,
    })
  })

  it.each(["0000-00-00", "0000-00-00 00:00:00", "00000000", "0001-01-01", "0001-01-01T00:00:00", "1/1/0001"])(
    "dates: %s is none",
    (text) => {
      assert.deepInclude(decoded({ created_at: text, updated_at: text }), { created_at: null, updated_at: null })
    },
  )

  it.each(["2024-02-03T10:00:00+24:00", "2024-02-03 10:00:00-05:60"])("dates: the offset of %s is refused", (text) => {
    assert.deepStrictEqual(decoded({ updated_at: text }), ["updated_at has an offset from UTC that does not exist"])
  })

  it.each(["1735603200", "infinity", "1/5/23", "ubermorgen"])("dates: %s is refused", (text) => {
    assert.isTrue(Array.isArray(decoded({ updated_at: text })))
  })

  it.each(["NULL", "(null)", "<null>", "N/A", "#N/A", "NA", "nan", "NaT", "None", "-", "unknown", "Unknown", " null "])(
    "%s is null in the columns that are no text, and text in the others",
    (text) => {
      const texts = { first_name: text, last_name: text, gender: text, password: text, source_id: text }
      assert.deepStrictEqual<unknown>(
        decoded({ ...texts, created_at: text, updated_at: text, status: text, ip_address: text }),
        {
          email: "a@example.com",
          created_at: null,
          updated_at: null,
          status: null,
          ip_address: null,
          extra: null,
          ...texts,
        },
      )
      assert.isTrue(Array.isArray(decoded({ email: text })))
    },
  )

  it.each([
    ["30/2/2020", "month/day/year"],
    [" 2/30/2020 ", "month/day/year"],
    ["2020-02-30", "year-month-day"],
    ["2020-30-02T10:00:00Z", "year-month-day"],
  ])("dates: the reason for %s has the order in which it was read, and no value", (text, order) => {
    const rejected = decoded({ updated_at: text }, monthFirst)
    assert.deepStrictEqual(rejected, [`updated_at is not a valid date (read as ${order})`])
  })

  it.prop(
    "dates: a time of day that does not exist is rejected",
    {
      hour: intBetween(0, 26),
      minute: intBetween(0, 62),
      second: intBetween(0, 62),
      separator: Schema.Literals(["T", " "]),
    },
    ({ hour, minute, second, separator }) => {
      const time = [hour, minute, second].map((value) => String(value).padStart(2, "0")).join(":")
      const exists = hour <= 23 && minute <= 59 && second <= 60
      for (const fraction of ["", ".5", ",5"]) {
        const result = decoded({ updated_at: `2024-02-28${separator}${time}${fraction}+01:00` })
        if (exists) assert.deepInclude(result, { updated_at: "2024-02-28" })
        else assert.deepStrictEqual(result, ["updated_at has an invalid time of day (read as hour:minute:second)"])
      }
    },
  )

  it.prop(
    "e-mails: valid whatever their case and the spaces around them",
    { parts: Schema.Array(Schema.Literals(["a", "Z", "0", ".", "-", "@", "+", "\u212A", "("])) },
    ({ parts }) => {
      const email = parts.join("")
      const isValid = /^[az0.+-]+@[az0](?:[az0-]*[az0])?(?:\.[az0](?:[az0-]*[az0])?)*$/i.test(email)
      for (const text of [email, ` ${email}\t`, email.toUpperCase(), email.replaceAll("Z", "z")]) {
        assert.strictEqual(!Array.isArray(decoded({ email: text })), isValid)
        if (isValid) assert.deepInclude(decoded({ email: text }), { email: email.toLowerCase() })
      }
    },
    { arbitrary: { runs: 1000 } },
  )

  it.prop("lengths count characters, not UTF-16 units", { length: intBetween(78, 83) }, ({ length }) => {
    assert.strictEqual(Array.isArray(decoded({ first_name: "😀".repeat(length) })), length > 80)
  })

  it.each([
    ["true", true],
    ["T", true],
    ["Yes", true],
    ["y", true],
    ["1", true],
    ["FALSE", false],
    ["f", false],
    ["no", false],
    ["N", false],
    ["0", false],
    ["Active", true],
    ["inactive", false],
    ["Enabled", true],
    ["disabled", false],
    ["on", true],
    ["OFF", false],
    ["1.0", true],
    ["0.0", false],
    ["TRUE ", true],
  ])("status %s", (text, status) => {
    assert.deepInclude(decoded({ status: text }), { status })
  })

  it.each(["blocked", "x", "Yes.", "2", "VRAI", "ja", "checked", "-1", " "])("rejects the status %s", (text) => {
    assert.deepStrictEqual(decoded({ status: text }), [
      "status is no known word for true or false. Name it in the mapping",
    ])
  })

  it.each([
    ["81.2.69.142:55220", "81.2.69.142"],
    ["81.2.69.142, 10.0.0.1", "81.2.69.142"],
    ["10.0.0.1, 81.2.69.142", "81.2.69.142"],
    ["81.2.69.142,81.2.69.143", "81.2.69.142"],
    ["::ffff:81.2.69.142", "81.2.69.142"],
    ["::ffff:5102:458e", "81.2.69.142"],
    ["81.2.69.142/32", "81.2.69.142"],
    ["[2001:4860:4860::8888]:443", "2001:4860:4860::8888"],
    ["[2001:4860:4860::8888]", "2001:4860:4860::8888"],
    ["2001:4860:4860::8888/128", "2001:4860:4860::8888"],
    ["fe80::1%eth0", "fe80::1"],
    [" 81.2.69.142 ", "81.2.69.142"],
    ["127.0.0.1", "127.0.0.1"],
    ["64:ff9b::5102:458e", "64:ff9b::5102:458e"],
    ["2002:5102:458e::1", "2002:5102:458e::1"],
  ])("the address of %s is %s", (text, address) => {
    assert.deepInclude(decoded({ ip_address: text }), { ip_address: ip(address) })
  })

  it.each([
    "081.002.069.142",
    "1359095182",
    "0x51.0x02.0x45.0x8e",
    "81.2.69.xxx",
    "81.2.69.0/24",
    "'81.2.69.142'",
    "\u200b81.2.69.142",
    "81.2.69.142;",
    "81.2.69",
  ])("rejects the address %s", (text) => {
    assert.deepStrictEqual(decoded({ ip_address: text }), ["ip_address is not an IPv4 or IPv6 address"])
  })

  it.each([
    ["info@müller.example", "info@xn--mller-kva.example"],
    ["info@xn--mller-kva.example", "info@xn--mller-kva.example"],
    ["mailto:Ada@example.com", "ada@example.com"],
    ["Ada Byron <ada@example.com>", "ada@example.com"],
    [" Ada.Lovelace+x@Example.COM ", "ada.lovelace+x@example.com"],
    [`${"a".repeat(308)}@example.com`, `${"a".repeat(308)}@example.com`],
    ["o'neil@a.b", "o'neil@a.b"],
    ["root@localhost", "root@localhost"],
  ])("e-mail %s", (text, email) => {
    assert.deepInclude(decoded({ email: text }), { email })
  })

  it.each([
    "",
    "a",
    "a@",
    "@b",
    "a@b@c",
    "a b@c.d",
    "a@-b.c",
    "a@b..c",
    "ä@b.c",
    "a@\u212A.com",
    `${"a".repeat(309)}@example.com`,
  ])("rejects the e-mail %s", (text) => {
    assert.isTrue(Array.isArray(decoded({ email: text })))
  })

  it("rejects a NUL, which PostgreSQL cannot store", () => {
    assert.deepStrictEqual(decoded({ last_name: "a\0b" }), [
      "last_name contains a NUL character, which PostgreSQL cannot store",
    ])
  })
})

/** As a file's fields make it. */
const ExtraText = Schema.Literals(["", '{"a":"1","b":"\\"\\n"}', '{"a":"\\u0000"}', `{"a":"${"é".repeat(33_000)}"}`])

/** Text that some column accepts, and text that none does. UTF-8 has no half of a surrogate pair. */
const Text = Schema.Union([
  Schema.String.check(Schema.makeFilter((text) => text.isWellFormed())),
  Schema.Literals([
    "",
    " ",
    "a@b.c",
    " A@B.C ",
    "2/3/2024",
    "2024-02-29T10:00:00Z",
    "2024-02-30",
    "yes",
    "N",
    "8.8.8.8",
    "8.8.8.8:80",
    "::ffff:8.8.8.8",
    "NULL",
    "-",
    "20240229",
    "0001-01-01",
    "x@ü.example",
    "A <a@b.c>",
    "Active",
  ]),
  Schema.Literals(["::FFFF", "0:0::1", "x".repeat(70), "\0", "é"]),
])

describe("User", () => {
  it.prop(
    "decodes as records of a file are decoded, and takes what was decoded",
    { record: Schema.Struct({ ...Record.map(fileColumns, () => Text), extra: ExtraText }), email: Schema.Boolean },
    ({ record, email }) => {
      const mapped = email ? { ...record, email: "a@example.com" } : record
      const decoded = decodeUser(mapped)
      const known = Schema.decodeUnknownExit(User)(mapped)
      assert.strictEqual(Exit.isSuccess(known), Result.isSuccess(decoded))
      if (Result.isFailure(decoded) || Exit.isFailure(known)) return
      assert.deepStrictEqual(known.value, decoded.success)
      assert.deepStrictEqual(User.make(decoded.success), decoded.success)
    },
    { arbitrary: { runs: 500 } },
  )

  it("decodes an extra of any form, and encodes it as it is", () => {
    const decode = Schema.decodeUnknownExit(User)
    const decoded = decode({ ...blankRecord, extra: '{ "b": "2", "a": "1", "c": "" }' })
    assert.isTrue(Exit.isSuccess(decoded))
    if (Exit.isSuccess(decoded)) {
      assert.strictEqual(decoded.value.extra, '{"a":"1","b":"2"}')
      assert.strictEqual(Schema.encodeSync(User)(decoded.value).extra, '{"a":"1","b":"2"}')
    }
    assert.isTrue(Exit.isFailure(decode({ ...blankRecord, extra: "text" })))
  })

  it("has null for the columns that a program leaves out", () => {
    assert.deepStrictEqual(User.make({ email: "ada@example.com", first_name: "Ada", ip_address: ip("8.8.8.8") }), {
      ...Record.map(fileColumns, () => null),
      email: "ada@example.com",
      first_name: "Ada",
      ip_address: ip("8.8.8.8"),
    })
  })

  const formatIssue = SchemaIssue.makeFormatterDefault()

  /** What a program in JavaScript may give. */
  const refusal = (values: Readonly<Record<string, unknown>>): string => {
    try {
      User.make({ email: "a@example.com", ...values } as Parameters<typeof User.make>[0])
    } catch (error) {
      return formatIssue((error as { cause: SchemaIssue.Issue }).cause)
    }
    return assert.fail("was taken")
  }

  it.each([
    [{ email: undefined }, "Expected string"],
    [{ email: null }, "Expected string"],
    [{ email: "" }, "is missing"],
    [{ email: "ada" }, "is not a valid e-mail address"],
    [{ email: "Ada@example.com" }, "is not the address alone, in lower case"],
    [{ email: " ada@example.com" }, "is not the address alone, in lower case"],
    [{ email: "Ada <ada@example.com>" }, "is not the address alone, in lower case"],
    [{ email: "info@müller.example" }, "its domain in ASCII"],
    [{ email: `${"a".repeat(309)}@example.com` }, "is longer than 320 characters"],
    [{ first_name: "x".repeat(81) }, "is longer than 80 characters"],
    [{ first_name: "" }, "is empty: null stands for no text"],
    [{ last_name: "a\0" }, "contains a NUL character"],
    [{ last_name: "a\ud800" }, "contains half of a surrogate pair"],
    [{ ip_address: "8.8.8.08" }, "is not the canonical form"],
    [{ ip_address: "::FFFF" }, "is not the canonical form"],
    [{ ip_address: ip("::ffff:8.8.8.8") }, "is IPv4-mapped: the IPv4 address stands for it"],
    [{ ip_address: "8.8.8.8:80" }, "is not the canonical form"],
    [{ ip_address: "unknown" }, "is not the canonical form"],
    [{ created_at: "2024-02-30" }, "is not a valid date"],
    [{ updated_at: "2/3/2024" }, "could be month/day or day/month"],
    [{ updated_at: "2024-02-03T10:00:00Z" }, "is not a day of the form YYYY-MM-DD"],
    [{ updated_at: "2024/02/03" }, "is not a day of the form YYYY-MM-DD"],
    [{ updated_at: "0001-01-01" }, "is not a day of the form YYYY-MM-DD, after 0001-01-01"],
    [{ updated_at: "NULL" }, "is not a day of the form YYYY-MM-DD"],
    [{ updated_at: "" }, "is not a day of the form YYYY-MM-DD"],
    [{ status: "yes" }, "Expected boolean"],
    [{ status: undefined, gender: 1 }, "Expected string | null"],
  ])("refuses %o", (values, reason) => {
    assert.include(refusal(values), reason)
  })

  it("quotes no text that it refuses", () => {
    const secret = "s3cret".repeat(60)
    for (const column of userColumns.filter((name) => name !== "status")) {
      assert.notInclude(refusal({ [column]: secret }), "s3cret", column)
    }
  })
})
