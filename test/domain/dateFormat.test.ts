import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DateTime } from "luxon"
import { parseDateFormat } from "../../src/domain/dateFormat.ts"
import { makeMomentReader } from "../../src/domain/momentReader.ts"
import { Problem } from "../../src/domain/Problem.ts"
import { dateFormat, shown } from "../utils/moments.ts"

const readAs = (format: string, text: string) => shown(makeMomentReader({ format: dateFormat(format) })(text))

const valid =
  "valid are YYYY, YY, MMMM, MMM, MM, M, DD, D, HH, H, hh, h, mm, ss, S, A, Z, or epoch, epoch-ms or excel alone"

describe("parseDateFormat", () => {
  it.each([
    ["DD/MM/YYYY", "31/12/2024", "2024-12-31", "2024-12-31T00:00:00Z"],
    ["DD/MM/YYYY", "5/1/2024", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["DD/MM/YYYY", "05/01/2024 10:11:12 PM +01:00", "2024-01-05", "2024-01-05T21:11:12Z"],
    ["DD/MM/YYYY", " '05/01/2024\u00a010:11 ", "2024-01-05", "2024-01-05T10:11:00Z"],
    ["DD/MM/YYYY", "2024-01-05", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["DD/MM/YYYY", "5 Jan 2024", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["M/D/YYYY", "1/5/2024 24:00", "2024-01-05", "2024-01-06T00:00:00Z"],
    ["M/D/YY", "1/5/23", "2023-01-05", "2023-01-05T00:00:00Z"],
    ["M/D/YY", "1/5/68", "2068-01-05", "2068-01-05T00:00:00Z"],
    ["M/D/YY", "1/5/69", "1969-01-05", "1969-01-05T00:00:00Z"],
    ["M/D/YY", "1/5/00 1:02 AM", "2000-01-05", "2000-01-05T01:02:00Z"],
    ["YYYY-DD-MM", "2024-05-01", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["YYYYDDMM", "20240501", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["DDMMYYYY", "05012024", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["DD-MMM-YY", "05-JAN-24", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["MMMM D, YYYY", "January 5, 2024", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["D MMM YYYY", "5 Sept 2024", "2024-09-05", "2024-09-05T00:00:00Z"],
    ["YYYY年MM月DD日", "2024年1月5日 10:11", "2024-01-05", "2024-01-05T10:11:00Z"],
    ["DD.MM.YYYY HH:mm", "05.01.2024 9:11", "2024-01-05", "2024-01-05T09:11:00Z"],
    ["DD.MM.YYYY HH:mm", "05.01.2024 09:11 +01:00", "2024-01-05", "2024-01-05T08:11:00Z"],
    ["DD.MM.YYYY  HH.mm.ss", "05.01.2024 10.11.12", "2024-01-05", "2024-01-05T10:11:12Z"],
    ["DD-MMM-YY hh.mm.ss.S A", "05-JAN-24 10.11.12.1234567 PM", "2024-01-05", "2024-01-05T22:11:12.123456Z"],
    ["YYYY-MM-DDTHH:mm:ss.SSSZ", "2024-01-05t10:11:12.5+0100", "2024-01-05", "2024-01-05T09:11:12.5Z"],
    ["YYYYMMDDHHmmssSSS", "20240105101112345", "2024-01-05", "2024-01-05T10:11:12.345Z"],
    ["h:mm A D/M/YYYY", "12:05 a.m. 5/1/2024", "2024-01-05", "2024-01-05T00:05:00Z"],
    ["YYYY/MM/DD Z", "2024/01/05 UTC", "2024-01-05", "2024-01-05T00:00:00Z"],
    ["YYYY/MM/DD Z", "2024/01/05 +02", "2024-01-05", "2024-01-04T22:00:00Z"],
    ["H:mm D/M/YYYY", "24:00 5/1/2024", "2024-01-05", "2024-01-06T00:00:00Z"],
    ["epoch", "1735603200", "2024-12-31", "2024-12-31T00:00:00Z"],
    ["epoch", "1735603200.1234567", "2024-12-31", "2024-12-31T00:00:00.123456Z"],
    ["epoch", "0", "1970-01-01", "1970-01-01T00:00:00Z"],
    ["epoch", "-0", "1970-01-01", "1970-01-01T00:00:00Z"],
    ["epoch", "-0.25", "1969-12-31", "1969-12-31T23:59:59.75Z"],
    ["epoch", "-1", "1969-12-31", "1969-12-31T23:59:59Z"],
    ["epoch", "2024-12-31 10:11", "2024-12-31", "2024-12-31T10:11:00Z"],
    ["epoch-ms", "1735603200001", "2024-12-31", "2024-12-31T00:00:00.001Z"],
    ["epoch-ms", "1735603200001.5", "2024-12-31", "2024-12-31T00:00:00.0015Z"],
    ["epoch-ms", "-1.5", "1969-12-31", "1969-12-31T23:59:59.9985Z"],
    ["excel", "45657", "2024-12-31", "2024-12-31T00:00:00Z"],
    ["excel", "45657.4244444444", "2024-12-31", "2024-12-31T10:11:12Z"],
    ["excel", "45657.99999999999", "2025-01-01", "2025-01-01T00:00:00Z"],
    ["excel", "0", "1899-12-30", "1899-12-30T00:00:00Z"],
    ["excel", "20241231", "2024-12-31", "2024-12-31T00:00:00Z"],
    ["excel", "60", "1900-02-28", "1900-02-28T00:00:00Z"],
  ])("%s reads %s", (format, text, day, instant) => {
    assert.deepStrictEqual(readAs(format, text), [day, instant])
  })

  it.each([
    ["DD/MM/YYYY", "12/31/2024", "is not a valid date (read as DD/MM/YYYY)"],
    ["DD/MM/YYYY", "30/02/2024", "is not a valid date (read as DD/MM/YYYY)"],
    ["DD/MM/YYYY", "31/12/2024 25:00", "has an invalid time of day (read as hour:minute:second)"],
    ["YYYYDDMM", "20241231", "is not a valid date (read as YYYYDDMM)"],
    ["DD.MM.YYYY hh:mm A", "31.12.2024 13:00 PM", "has an invalid time of day (read as hour:minute:second)"],
    ["M/D/YY", "1/5/2023", /^could be month\/day or day\/month/],
    ["YYYY-MM-DD Z", "2024-12-31 +24", "has an offset from UTC that does not exist"],
    ["epoch", "999999999999", "is not a valid date (read as seconds since 1970)"],
    ["epoch-ms", "-999999999999999", "is not a valid date (read as milliseconds since 1970)"],
    ["excel", "9999999", "is not a valid date (read as days since 1899-12-30)"],
  ])("%s rejects %s", (format, text, expected) => {
    const read = readAs(format, text)
    if (typeof expected === "string") assert.strictEqual(read, expected)
    else assert.match(String(read), expected)
  })

  it("reads MySQL's zeros, and the first day, as null in a format too", () => {
    assert.isNull(readAs("DD/MM/YYYY", "00/00/0000"))
    assert.isNull(readAs("DD/MM/YYYY HH:mm", "01/01/0001 00:00"))
    assert.isNull(readAs("epoch", "0000-00-00"))
  })

  it.each([
    ["", "has no year: YYYY or YY"],
    ["dd/MM/yyyy", `has "dd", which is no token: ${valid}`],
    ["DD/MM/YYY", `has "YYY", which is no token: ${valid}`],
    ["31/12/2024", `has "31", which is no token: ${valid}`],
    ["DD/MM/YYYY EPOCH", `has "E", which is no token: ${valid}`],
    ["constructor", `has "c", which is no token: ${valid}`],
    ["DD/mm/YYYY", "has no month: MM, M, MMM or MMMM"],
    ["MM/YYYY", "has no day: DD or D"],
    ["DD/MM/YYYY YY", "has two tokens for the year, YYYY and YY"],
    ["DMYYYY", "has nothing between D and M, which shows where the first one ends"],
    ["YYYY-MM-DD hh:mm", "has only one of hh and A, which need each other; HH is an hour of 24"],
    ["YYYY-MM-DD HH:mm A", "has only one of hh and A, which need each other; HH is an hour of 24"],
    ["YYYY-MM-DD ss", "has ss, but no minute: mm"],
    ["YYYY-MM-DD mm", "has mm, but no hour: HH or hh"],
    ["YYYY-MM-DD HH:mm.SSS", "has S, but no second: ss"],
  ])("refuses %s", (format, message) => {
    const refused = parseDateFormat(format)
    assert.strictEqual(refused instanceof Problem ? refused.message : "accepted", message)
  })

  const intBetween = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

  it.prop(
    "agrees with another library about what it has written",
    { seconds: intBetween(-62_135_500_000, 253_402_300_799) },
    ({ seconds }) => {
      const date = DateTime.fromSeconds(seconds, { zone: "UTC" })
      for (const [ours, theirs, unit] of [
        ["DD/MM/YYYY", "dd/MM/yyyy", "day"],
        ["D.M.YYYY H:mm", "d.M.yyyy H:mm", "minute"],
        ["MM-DD-YYYY hh:mm:ss A", "MM-dd-yyyy hh:mm:ss a", "second"],
        ["YYYYDDMMHHmmss", "yyyyddMMHHmmss", "second"],
        ["MMMM D YYYY", "MMMM d yyyy", "day"],
        ["HH:mm:ss Z, DD MMM YYYY", "HH:mm:ss ZZ, dd MMM yyyy", "second"],
        ["epoch", "X", "second"],
        ["epoch-ms", "x", "second"],
      ] as const) {
        const text = date.toFormat(theirs, { locale: "en-US" })
        const moment = makeMomentReader({ format: dateFormat(ours) })(text)
        const start = date.startOf(unit).toSeconds()
        assert.deepStrictEqual(
          moment,
          { day: date.toFormat("yyyy-MM-dd"), seconds: start, micros: 0 },
          `${ours} ${text}`,
        )
      }
    },
  )
})
