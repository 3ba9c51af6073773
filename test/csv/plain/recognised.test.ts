import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isAddress } from "../../../src/csv/plain/address.ts"
import { DayReader } from "../../../src/csv/plain/DayReader.ts"
import { capitalsBit, emailLane } from "../../../src/csv/plain/email.ts"
import { isUtf8Line } from "../../../src/csv/plain/utf8.ts"
import { WordTable } from "../../../src/csv/plain/WordTable.ts"
import { isUtf8 } from "../../../src/csv/Text.ts"
import { dayText } from "../../../src/domain/calendar.ts"
import { parseDateFormat, slashOrderOf } from "../../../src/domain/dateFormat.ts"
import { readEmail } from "../../../src/domain/emailAddress.ts"
import { laneOf } from "../../../src/domain/laneOf.ts"
import type { Moment } from "../../../src/domain/Moment.ts"
import { makeMomentReader } from "../../../src/domain/momentReader.ts"
import { plainDates } from "../../../src/domain/plainDates.ts"
import { Problem } from "../../../src/domain/Problem.ts"
import { readAddress } from "../../../src/domain/textAddress.ts"
import { between } from "../drawnFormats.ts"
import { formats, otherFormats } from "./drawnFiles.ts"
import { valuesOf } from "./drawnValues.ts"

/** Texts of these parts, in any order. */
const textOf = (parts: ReadonlyArray<string>) => Schema.Array(Schema.Literals(parts)).check(Schema.isMaxLength(16))

/** The bytes of a text among others. */
const inside = (text: string) => {
  const bytes = Buffer.from(`1a${text}\n`)
  return [bytes, 2, bytes.length - 1] as const
}

const runs = { arbitrary: { runs: 3000, size: 1000 } }

describe("what the plain forms recognise", () => {
  it.prop(
    "is an e-mail address, with the lane of its lower case",
    { parts: textOf(["a", "Z", "9", "@", "@", "@b.c", ".", "-", "_", "+", " ", "é", "x".repeat(62), "x".repeat(150)]) },
    ({ parts }) => {
      const text = parts.join("")
      const lane = emailLane(...inside(text))
      const email = readEmail(text)
      if (lane === -1) {
        assert.isFalse(email === text.toLowerCase() && text.length <= 320)
      } else {
        assert.strictEqual(email, text.toLowerCase())
        assert.strictEqual(lane, laneOf(text.toLowerCase()) + (text === email ? 0 : capitalsBit))
      }
    },
    runs,
  )

  it.prop(
    "is a canonical address",
    {
      parts: textOf(["0", "1", "25", "255", "256", ".", ".", ":", ":", "::", "a", "db8", "F", "1.2.3.", "1:2:3:4:5:6"]),
    },
    ({ parts }) => {
      const text = parts.join("")
      if (isAddress(...inside(text))) assert.isTrue(readAddress(text) === text, text)
    },
    runs,
  )

  it("is every usual address", () => {
    for (const text of [
      "8.8.8.8",
      "0.0.0.0",
      "255.249.99.10",
      "1:2:3:4:5:6:7:8",
      "2001:db8::1",
      "fe80::",
      "a:b:c:d:e::f",
    ])
      assert.isTrue(isAddress(...inside(text)), text)
  })

  it.prop(
    "is a moment, and the same as the one that is read",
    {
      parts: textOf([
        "2024-02-2",
        "2023-02-28",
        "1/2/2024",
        "9",
        "31/12/",
        "1999",
        "T10:11",
        " 23:59:59",
        ".5",
        "Z",
        "+01:00",
        "-23:59",
        ":60",
        "0",
      ]),
      order: Schema.UndefinedOr(Schema.Literals(["M/D", "D/M"])),
    },
    ({ order, parts }) => {
      const reader = new DayReader(order)
      const text = parts.slice(0, 5).join("")
      if (!reader.read(...inside(text))) return
      const moment = makeMomentReader({ order })(text)
      assert.isFalse(moment === null || moment instanceof Problem, text)
      const { day, micros, seconds } = moment as Exclude<typeof moment, null | Problem>
      assert.deepStrictEqual([dayText(reader.day), reader.instant, reader.micros], [day, seconds, micros])
    },
    runs,
  )

  it("is the same moment under every format of a mapping", () => {
    const { near, plain } = valuesOf("created_at")
    let read = 0
    for (const said of [undefined, ...formats, ...otherFormats]) {
      for (const isMonthFirst of [false, true]) {
        const plainOrder = plainDates(said, isMonthFirst)
        if (plainOrder === false) continue
        const reader = new DayReader(plainOrder)
        const format = said === undefined ? undefined : parseDateFormat(said)
        const order = (said && slashOrderOf(said)) || (isMonthFirst ? "M/D" : undefined)
        const readText = makeMomentReader({ format: format as Exclude<typeof format, Problem>, order })
        for (const text of [...plain, ...near]) {
          if (!reader.read(...inside(text))) continue
          read++
          const { day, micros, seconds } = readText(text) as Moment
          const expected = [dayText(reader.day), reader.instant, reader.micros]
          assert.deepStrictEqual([day, seconds, micros], expected, `${text} as ${said}`)
        }
      }
    }
    assert.isAtLeast(read, 1000)
  })

  it("is every usual moment", () => {
    const isRead = (text: string): boolean => new DayReader("M/D").read(...inside(text))
    for (const text of [
      "2024-02-29",
      "0002-01-01",
      "2024-01-02T10:11",
      "2024-01-02 10:11:12.123456789+05:30",
      "1/2/2024",
    ])
      assert.isTrue(isRead(text), text)
    for (const text of [
      "2023-02-29",
      "0001-01-01",
      "2024-01-02T10:11:60",
      "2024-01-02T24:00",
      "13/1/2024",
      "2024-01-02 ",
    ])
      assert.isFalse(isRead(text), text)
  })

  it.prop(
    "is UTF-8",
    {
      bytes: Schema.Array(
        Schema.Union([
          Schema.Literals([0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf]),
          between(0x20, 255),
        ]),
      ),
    },
    ({ bytes }) => {
      const line = Uint8Array.from([...bytes, 0x0a])
      assert.strictEqual(isUtf8Line(line, 0, bytes.length), isUtf8(line))
    },
    runs,
  )

  it("is UTF-8 of every character", () => {
    for (let code = 0x80; code < 0x11_0000; code += code < 0x3000 ? 1 : 61) {
      if (code >= 0xd800 && code < 0xe000) continue
      const bytes = Buffer.from(`${String.fromCodePoint(code)}\n`)
      assert.isTrue(isUtf8Line(bytes, 0, bytes.length - 1), code.toString(16))
    }
  })

  it("is a word in any case of its ASCII letters", () => {
    const words = new WordTable(["Nil", "é", "null"])
    const found = ["nil", "NIL", "É", "é", "Null", "nul", "", "nilx"].map((text) => words.find(...inside(text)))
    assert.deepStrictEqual(found, [0, 0, -1, 1, 2, -1, -1, -1])
  })
})
