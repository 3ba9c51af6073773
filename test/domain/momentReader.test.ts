import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DateTime } from "luxon"
import { readForms } from "../../src/domain/dateForms.ts"
import { instantText, type Moment } from "../../src/domain/Moment.ts"
import { makeMomentReader, slashesOf } from "../../src/domain/momentReader.ts"
import { plainMoment } from "../../src/domain/plainMoment.ts"
import { Problem } from "../../src/domain/Problem.ts"
import type { SlashOrder } from "../../src/domain/dateFormat.ts"
import { dateFormat, shown } from "../utils/moments.ts"

const read = makeMomentReader({})

const intBetween = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const twoOrders = 'could be month/day or day/month. Name "MM/DD/YYYY" or "DD/MM/YYYY" as its format in the mapping'
const notShown = (order: string) =>
  `is ${order}, which the beginning of the file does not show. Name "MM/DD/YYYY" or "DD/MM/YYYY" as its format in the mapping`
const number = (such: string) => `is a number, not a date. Name its format in the mapping${such}`
const shortYear = 'has a year of two digits. Name its format in the mapping, such as "DD/MM/YY" or "MM/DD/YY"'
const noDate = 'is no date. Where it stands for none, name it in the mapping under "null"'
const unknown = "is not a date of a known form, such as YYYY-MM-DD. Name its format in the mapping"
const zoneName = "has the name of a time zone, which can mean several offsets: write the offset, as +01:00"

/** What people write, and what it is read as, with and without a format. */
const written: ReadonlyArray<readonly [text: string, expected: ReturnType<typeof shown>]> = [
  ["2024/12/31", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["31.12.2024", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["Dec 31, 2024", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["31-Dec-2024", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["2024-12-31 10:11:12 UTC", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["2024-12-31 10:11:12.123456 UTC", ["2024-12-31", "2024-12-31T10:11:12.123456Z"]],
  ["2024-12-31 10:11:12 +0000", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["2024-12-31 10:11:12.5+00", ["2024-12-31", "2024-12-31T10:11:12.5Z"]],
  ["20241231", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["20241231T101112Z", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["2024-12-31T10:11Z", ["2024-12-31", "2024-12-31T10:11:00Z"]],
  ["2024-W52-2", ["2024-12-24", "2024-12-24T00:00:00Z"]],
  ["Tue, 31 Dec 2024 10:11:12 +0000", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["Tue Dec 31 2024 10:11:12 GMT+0000 (UTC)", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["0000-00-00", null],
  ["2024-12-31 10:11:12 +0000 UTC", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["2024-12-31T10:11:12+01:00[Europe/Berlin]", ["2024-12-31", "2024-12-31T09:11:12Z"]],
  ["'2024-12-31", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["2024-1-5", ["2024-01-05", "2024-01-05T00:00:00Z"]],
  ["2024-12-31T24:00:00Z", ["2024-12-31", "2025-01-01T00:00:00Z"]],
  ["2024/12/31 10:11:12", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["infinity", noDate],
  ["31 Dec 2024", ["2024-12-31", "2024-12-31T00:00:00Z"]],
  ["2024-12-31\u00a010:11:12", ["2024-12-31", "2024-12-31T10:11:12Z"]],
  ["1735603200", number(', such as "epoch"')],
  ["1735603200000", number(', such as "epoch-ms"')],
  ["45657", number(', such as "excel"')],
]

describe("makeMomentReader", () => {
  it.each([
    ...written,
    ["1/5/2023 10:30", twoOrders],
    ["1/5/2023 10:30:15 AM", twoOrders],
    ["1/5/23", shortYear],
  ] as typeof written)("reads what people write: %s", (text, expected) => {
    assert.deepStrictEqual(shown(read(text)), expected)
  })

  it.each([
    ...written,
    ["1/5/2023 10:30", ["2023-01-05", "2023-01-05T10:30:00Z"]],
    ["1/5/2023 10:30:15 AM", ["2023-01-05", "2023-01-05T10:30:15Z"]],
    ["1/5/23", shortYear],
  ] as typeof written)("reads the same, and slashes, where M/D/YYYY is given: %s", (text, expected) => {
    const format = dateFormat("M/D/YYYY")
    assert.deepStrictEqual(shown(makeMomentReader({ format })(text)), expected)
  })

  it.each([
    ["2024-12-31", "2024-12-31T00:00:00Z"],
    [" 2024-12-31\t", "2024-12-31T00:00:00Z"],
    ["2024-12-31T10:11:12.123456789Z", "2024-12-31T10:11:12.123456Z"],
    ["2024-12-31T10:11:12,5Z", "2024-12-31T10:11:12.5Z"],
    ["2024-12-31t10:11:12z", "2024-12-31T10:11:12Z"],
    ["2024-12-31T10:11:12-11:30", "2024-12-31T21:41:12Z"],
    ["2024-12-31 10:11:12.5+01", "2024-12-31T09:11:12.5Z"],
    ["2024-12-31 10:11:12.5 -0130", "2024-12-31T11:41:12.5Z"],
    ["2024-12-31 23:59:60Z", "2025-01-01T00:00:00Z"],
    ["2024-12-31 24:00", "2025-01-01T00:00:00Z"],
    ["2024-12-31T24:00:00.000+02:00", "2024-12-31T22:00:00Z"],
    ["2024-12-31T10", "2024-12-31T10:00:00Z"],
    ["2024-12-31T10+02", "2024-12-31T08:00:00Z"],
    ["2024-12-31 9:05", "2024-12-31T09:05:00Z"],
    ["2024-12-31 12:05 AM", "2024-12-31T00:05:00Z"],
    ["2024-12-31 12:05 pm", "2024-12-31T12:05:00Z"],
    ["2024-12-31 1:05:06 p.m.", "2024-12-31T13:05:06Z"],
    ["2024-12-31 11PM +01:00", "2024-12-31T22:00:00Z"],
    ["2024-12-31Z", "2024-12-31T00:00:00Z"],
    ["2024-12-31+01:00", "2024-12-30T23:00:00Z"],
    ["2024-12-31-05:00", "2024-12-31T05:00:00Z"],
    ["2024-12-31 UTC", "2024-12-31T00:00:00Z"],
    ["2024-12-31T10:11:12Z[UTC]", "2024-12-31T10:11:12Z"],
    ["2024-12-31T10:11:12-08:00[America/Los_Angeles][u-ca=gregory]", "2024-12-31T18:11:12Z"],
    ["2024/12/31T10:11:12Z", "2024-12-31T10:11:12Z"],
    ["20241231101112", "2024-12-31T10:11:12Z"],
    ["20241231101112.25+0100", "2024-12-31T09:11:12.25Z"],
    ["20241231 101112", "2024-12-31T10:11:12Z"],
    ["20241231T1011", "2024-12-31T10:11:00Z"],
    ["20241231 10:11", "2024-12-31T10:11:00Z"],
    ["2025-W01-2", "2024-12-31T00:00:00Z"],
    ["2025W012T101112Z", "2024-12-31T10:11:12Z"],
    ["2024-366", "2024-12-31T00:00:00Z"],
    ["2024366T10:11", "2024-12-31T10:11:00Z"],
    ["31.12.2024 10:11", "2024-12-31T10:11:00Z"],
    ["31.12.2024, 10:11:12", "2024-12-31T10:11:12Z"],
    ["31-DEC-2024 10:11:12", "2024-12-31T10:11:12Z"],
    ["31 December 2024 10:11 AM", "2024-12-31T10:11:00Z"],
    ["December 31, 2024", "2024-12-31T00:00:00Z"],
    ["Dec. 31, 2024", "2024-12-31T00:00:00Z"],
    ["Dec 31, 2024, 10:11:12\u202fPM", "2024-12-31T22:11:12Z"],
    ["Tuesday, December 31, 2024", "2024-12-31T00:00:00Z"],
    ["Dec 31 2024 10:11AM", "2024-12-31T10:11:00Z"],
    ["Tue Dec 31 2024", "2024-12-31T00:00:00Z"],
    ["Tue Dec 31 2024 10:11:12 GMT+0100 (Central European Standard Time)", "2024-12-31T09:11:12Z"],
    ["Tue, 31 Dec 2024 10:11:12 GMT", "2024-12-31T10:11:12Z"],
    ["Tue, 31 Dec 2024 10:11:12 UT", "2024-12-31T10:11:12Z"],
    ["31 Dec 2024 10:11 EST", "2024-12-31T15:11:00Z"],
    ["Tue, 31 Dec 2024 10:11:12 -0800 (PST)", "2024-12-31T18:11:12Z"],
    ["2024-12-31 10:11:12.000000001 +0100 CET", "2024-12-31T09:11:12Z"],
    ["2024-12-31 10:11:12.5 -0300 -03 m=+0.000123", "2024-12-31T13:11:12.5Z"],
    ["Tue Dec 31 10:11:12 2024", "2024-12-31T10:11:12Z"],
    ["Tue Dec 31 10:11:12 UTC 2024", "2024-12-31T10:11:12Z"],
    ["Tue Dec 31 10:11:12 +0100 2024", "2024-12-31T09:11:12Z"],
  ])("reads %s as 2024-12-31 and its instant", (text, instant) => {
    assert.deepStrictEqual(shown(read(text)), ["2024-12-31", instant])
  })

  it("reads one day in each month, names in any case", () => {
    for (const [index, name] of [
      "jan",
      "FEB",
      "March",
      "Apr",
      "may",
      "June",
      "jul",
      "August",
      "Sept",
      "OCTOBER",
      "Nov",
      "dec",
    ].entries()) {
      const day = `2023-${String(index + 1).padStart(2, "0")}-07`
      for (const text of [`7 ${name} 2023`, `${name} 7, 2023`, `07-${name}-2023`]) {
        assert.deepStrictEqual(shown(read(text)), [day, `${day}T00:00:00Z`])
      }
    }
  })

  it.each([
    "0000-00-00",
    "0000-00-00 00:00:00",
    "00000000",
    "00000000000000",
    "0001-01-01",
    "0001-01-01T00:00:00",
    "0001-01-01 00:00:00.0000000 +00:00",
    "1/1/0001 12:00:00 AM",
    "01.01.0001",
    "00/00/0000",
  ])("reads %s as null", (text) => {
    assert.isNull(read(text))
  })

  it.each([
    ["", noDate],
    ["2024-13-01", "is not a valid date (read as year-month-day)"],
    ["2023-02-29", "is not a valid date (read as year-month-day)"],
    ["0000-01-01", "is not a valid date (read as year-month-day)"],
    ["20240230", "is not a valid date (read as year-month-day)"],
    ["31.04.2024", "is not a valid date (read as day.month.year)"],
    ["13/13/2024", "is not a valid date (read as month/day/year)"],
    ["31 Feb 2024", "is not a valid date (read as day, month, year)"],
    ["2023-W53-1", "is not a valid date (read as year, week, day of the week)"],
    ["2024-W00-1", "is not a valid date (read as year, week, day of the week)"],
    ["2024-W10-8", "is not a valid date (read as year, week, day of the week)"],
    ["9999-W52-7", "is not a valid date (read as year, week, day of the week)"],
    ["2023-366", "is not a valid date (read as year, day of the year)"],
    ["2023-000", "is not a valid date (read as year, day of the year)"],
    ["2024-12-31 24:01", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 24:00:00.1", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 25:00", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 10:60", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 10:11:61", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 13:00 PM", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 0:30 AM", "has an invalid time of day (read as hour:minute:second)"],
    ["2024-12-31 10:00+24:00", "has an offset from UTC that does not exist"],
    ["2024-12-31T10:00:00-01:60", "has an offset from UTC that does not exist"],
    ["2024-12-31 10:00 EST", zoneName],
    ["2024-12-31 10:00 Europe/Berlin", zoneName],
    ["2024-12-31T10:00[Europe/Berlin]", zoneName],
    ["Tue Dec 31 10:11:12 EST 2024", zoneName],
    ["31 Dec 2024 10:00 AM EST", zoneName],
    ["31 Dec 2024 10:00 CET", zoneName],
    ["2024-12-31 10:11:12 +0100 UTC", "has two time zones"],
    ["Wed, 31 Dec 2024 10:11:12 +0000", "has a weekday that is not that of its date"],
    ["31.12.24", shortYear],
    ["31-DEC-24", shortYear],
    ["2024-12", unknown],
    ["2024-W52", unknown],
    ["2024-12/31", unknown],
    ["2024-12-31 10", unknown],
    ["2024-12-31 1011", unknown],
    ["2024-12-31 x", unknown],
    ["2024-12-311", unknown],
    ["'2024-12-31'", unknown],
    ["12-31-2024", unknown],
    ["10000-01-01", unknown],
    ["31 Dez 2024", unknown],
    ["2024-12-31T10:11.5", unknown],
  ])("rejects %s", (text, message) => {
    assert.strictEqual(shown(read(text)), message)
  })

  it.each([
    ["M/D", "5/6/2024", ["2024-05-06", "2024-05-06T00:00:00Z"]],
    ["D/M", "5/6/2024", ["2024-06-05", "2024-06-05T00:00:00Z"]],
    ["D/M", "05/06/2024 1:02 PM", ["2024-06-05", "2024-06-05T13:02:00Z"]],
    ["M/D", "31/12/2024", "is not a valid date (read as month/day/year)"],
    ["D/M", "12/31/2024", "is not a valid date (read as day/month/year)"],
    [undefined, "6/6/2024", ["2024-06-06", "2024-06-06T00:00:00Z"]],
    [undefined, "12/31/2024", notShown("month/day")],
    [undefined, "31/12/2024", notShown("day/month")],
    [undefined, "31/02/2024", "is not a valid date (read as month/day/year or day/month/year)"],
    [undefined, "5/6/2024 10:00", twoOrders],
  ] as ReadonlyArray<readonly [SlashOrder | undefined, string, ReturnType<typeof shown>]>)(
    "with the order %s reads %s",
    (order, text, expected) => {
      assert.deepStrictEqual(shown(makeMomentReader({ order })(text)), expected)
    },
  )

  const instant = {
    seconds: intBetween(-62_135_510_000, 253_402_300_799),
    micros: intBetween(0, 999_999),
    zone: Schema.Literals([0, 60, 330, -210, 845]),
  }

  /** The same instant by another library, its microseconds apart. */
  const at = (seconds: number, zone: number) =>
    DateTime.fromSeconds(seconds, {
      zone: `UTC${zone < 0 ? "-" : "+"}${Math.trunc(Math.abs(zone) / 60)}:${String(Math.abs(zone) % 60).padStart(2, "0")}`,
    })

  it.prop("agrees with another library about every form of every instant", instant, ({ seconds, micros, zone }) => {
    const date = at(seconds, zone)
    if (date.year < 1 || date.year > 9999 || (date.year === 1 && date.ordinal === 1)) return
    const fraction = `.${String(micros).padStart(6, "0")}`
    for (const [form, expected] of [
      [`yyyy-MM-dd'T'HH:mm:ss'${fraction}'ZZ`, micros],
      [`yyyy-MM-dd HH:mm:ss'${fraction}'ZZZ`, micros],
      [`yyyyMMdd'T'HHmmss'${fraction}'ZZZ`, micros],
      [`yyyyMMddHHmmssZZZ`, 0],
      [`kkkk-'W'WW-c'T'HH:mm:ss ZZ`, 0],
      [`kkkk'W'WWc'T'HHmmssZZZ`, 0],
      [`yyyy-ooo HH:mm:ssZZ`, 0],
      [`yyyyooo'T'HHmmss'${fraction}'ZZZ`, micros],
      [`yyyy/M/d h:mm:ss a ZZ`, 0],
      [`d.M.yyyy hh:mm:ss'${fraction}' a ZZ`, micros],
      [`d MMM yyyy HH:mm:ss ZZZ`, 0],
      [`dd-MMM-yyyy HH:mm:ss ZZ`, 0],
      [`MMMM d, yyyy, h:mm:ss a ZZ`, 0],
      [`EEE, dd MMM yyyy HH:mm:ss ZZZ`, 0],
      [`EEE MMM dd yyyy HH:mm:ss 'GMT'ZZZ '(a zone)'`, 0],
      [`EEE MMM d HH:mm:ss ZZZ yyyy`, 0],
    ] as const) {
      const text = date.toFormat(form, { locale: "en-US" })
      // A week's year may be one that has no day of ours.
      if (/^(?:0000|10000)/.test(text)) continue
      const day = date.toFormat("yyyy-MM-dd")
      assert.deepStrictEqual(read(text), { day, seconds, micros: expected }, text)
    }
  })

  it.prop("reads what it has read, written as ISO 8601, as the same", instant, ({ seconds, micros, zone }) => {
    const offset = at(seconds, zone).toFormat("ZZ")
    const text = at(seconds, zone).toFormat(`yyyy-MM-dd'T'HH:mm:ss'.${String(micros).padStart(6, "0")}${offset}'`)
    const moment = read(text)
    if (moment === null || moment instanceof Problem) return assert.match(text, /^(?:0001-01-01|0000|1\d{4})/)
    const again = read(instantText(moment)) as Moment
    if (!/^(?:0001-01-01|10000)/.test(instantText(moment))) {
      assert.deepStrictEqual(again, { day: instantText(moment).slice(0, 10), seconds, micros })
    }
    assert.strictEqual((read(moment.day) as Moment).day, moment.day)
  })

  it.prop(
    "has no day that another library lacks, in any form",
    {
      year: intBetween(1, 9999),
      month: intBetween(0, 14),
      day: intBetween(0, 33),
      ordinal: intBetween(0, 370),
      week: intBetween(0, 54),
      weekday: intBetween(0, 8),
    },
    ({ year, month, day, ordinal, week, weekday }) => {
      const digits = (value: number, length: number) => String(value).padStart(length, "0")
      const yyyy = digits(year, 4)
      const agree = (text: string, date: DateTime) => {
        const exists = date.isValid && date.year >= 1 && date.year <= 9999
        const expected = exists ? date.toFormat("yyyy-MM-dd") : undefined
        const moment = read(text)
        if (expected === "0001-01-01") assert.isNull(moment, text)
        else assert.strictEqual(moment instanceof Problem || moment === null ? undefined : moment.day, expected, text)
      }
      const utc = { zone: "UTC" }
      const calendar = DateTime.fromObject({ year, month, day }, utc)
      agree(`${yyyy}-${digits(month, 2)}-${digits(day, 2)}`, calendar)
      agree(`${yyyy}/${month}/${day}`, calendar)
      agree(`${day}.${month}.${yyyy}`, calendar)
      agree(`${yyyy}${digits(month, 2)}${digits(day, 2)}`, calendar)
      agree(`${yyyy}-${digits(ordinal, 3)}`, DateTime.fromObject({ year, ordinal }, utc))
      agree(
        `${yyyy}-W${digits(week, 2)}-${weekday}`,
        DateTime.fromObject({ weekYear: year, weekNumber: week, weekday: weekday as 1 }, utc),
      )
    },
  )

  it.prop(
    "reads plain texts the quick way as the other",
    {
      base: Schema.Literals([
        "2024-02-29T23:59:59.999999+05:30",
        "1969-12-31 10:11Z",
        "2024-12-31",
        "0001-01-02T00:00:00-23:59",
      ]),
      edits: Schema.Array(
        Schema.Tuple([intBetween(0, 33), Schema.Literals(["", "0", "1", "9", ":", "-", "Z", "T", ".", "+", " "])]),
      ),
    },
    ({ base, edits }) => {
      let text: string = base
      for (const [place, character] of edits) text = text.slice(0, place) + character + text.slice(place + 1)
      const plain = plainMoment(text)
      if (plain !== undefined) assert.deepStrictEqual(readForms(text), plain)
    },
    { arbitrary: { runs: 1000 } },
  )

  const pieces = [
    "2024",
    "12",
    "31",
    "-",
    "/",
    ".",
    ":",
    " ",
    "T",
    "W",
    "Z",
    "UTC",
    "+01:00",
    "Dec",
    "Tue",
    ",",
    "AM",
    "(",
    ")",
    "[",
    "]",
    "'",
    "m=+",
    "\u00a0",
    "x",
    "0",
    "😀",
  ]
  it.prop(
    "never throws, and takes time that grows with the text only",
    {
      picks: Schema.Array(intBetween(0, pieces.length - 1)),
      head: Schema.Literals(["", "2024-12-31T10:11:12", "Tue Dec 31 2024 10:11:12 GMT+0000 "]),
    },
    ({ picks, head }) => {
      const text = head + picks.map((pick) => pieces[pick]).join("")
      const moment = read(text)
      assert.isTrue(moment === null || moment instanceof Problem || /^\d{4}-\d{2}-\d{2}$/.test(moment.day))
      slashesOf(text)
    },
    { arbitrary: { runs: 1000 } },
  )

  it("reads a text of 100 KB in a moment, whatever it repeats", () => {
    const heads = [
      "",
      "2024-12-31T10:11:12.",
      "2024-12-31T10:11:12+01:00",
      "2024-12-31 10:11:12 +0100 ",
      "Tue Dec 31 2024 10:11:12 GMT+0000 (",
      "1/5/2023",
      "'",
      "31 Dec 2024 ",
    ]
    const repeated = [...pieces, "[a]", " (a)", " [", "1/", "2024-12-31 ", "m=+1.1", " \t"]
    const formats = ["M/D/YYYY", "MMMM D YYYY hh:mm:ss.S A Z", "epoch", "epoch-ms", "excel"].map(dateFormat)
    const readers = [read, ...formats.map((format) => makeMomentReader({ format, order: "M/D" }))]
    for (const head of heads) {
      for (const piece of repeated) {
        const text = head + piece.repeat(100_000 / piece.length)
        const start = performance.now()
        for (const reader of readers) reader(text)
        slashesOf(text)
        // Linear time is a few milliseconds; quadratic time would be a minute.
        assert.isBelow(performance.now() - start, 1000, `${head} ${piece}`)
      }
    }
  })
})

describe("slashesOf", () => {
  it.each([
    ["1/5/2023", [1, 5]],
    [" 31/12/2024 ", [31, 12]],
    ["12/31/2024 10:11 PM", [12, 31]],
    ["06/07/2024T10:11:12+01:00", [6, 7]],
    ["40/50/2024", undefined],
    ["13/13/2024", undefined],
    ["1/5/23", undefined],
    ["1/5/2023 25:00", undefined],
    ["1/5/2023 and more", undefined],
    ["2024/1/5", undefined],
    ["2024-01-05", undefined],
    ["", undefined],
  ])("of %s are %s", (text, expected) => {
    assert.deepStrictEqual<unknown>(slashesOf(text), expected)
  })
})
