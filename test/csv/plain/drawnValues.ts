// Texts of each column at the border of what is plain.

import type { FieldColumn } from "../../../src/domain/fileColumns.ts"

export const listed = (texts: string): ReadonlyArray<string> => texts.split("¦")

const long = (length: number): string => "x".repeat(length)

/** Texts that are plain under most readings, and those that hardly are or hardly are not. */
interface Values {
  readonly plain: ReadonlyArray<string>
  readonly near: ReadonlyArray<string>
}

const names = listed("¦Ada¦Zoë¦O'Neil¦de la Cruz¦日本¦null¦NULL¦-¦n/a¦a\\b")
const nearNames = listed(" Ada¦Ada ¦\tAda¦\\N¦\\¦a\0b¦\u00a0Ada¦\ufeffAda¦\x1a¦x\x1ay¦Nil")

const text = (width: number): Values => ({
  plain: [...names, long(width), "é".repeat(Math.floor(width / 2))],
  near: [
    ...nearNames,
    ...[width - 1, width + 1].map(long),
    ...[width, width + 1].map((length) => "é".repeat(length)),
    "😀".repeat(width),
  ],
})

const dates = listed("2024-02-28¦2024-02-29¦2023-03-31¦1999-12-31¦2024-01-02¦9999-12-31¦0002-01-01")
const badDates = listed("2023-02-29¦2024-02-30¦2024-13-01¦2024-00-10¦2024-04-31¦0001-01-01¦0000-00-00")
const slashes = listed("1/2/2024¦01/02/2024¦2/29/2024¦29/2/2024¦12/31/1999¦31/12/1999¦7/7/2020")
const times = listed("¦T10:11¦ 10:11:12¦T23:59:59.123456¦T00:00:00Z¦ 10:11:12.5+02:00¦T10:11:12.1234567-11:30")
const badTimes = listed("T24:00¦T10:60¦T10:11:60¦T1:02:03¦T10:11:12.¦ 10:11:12 +0200¦+24:00¦T10:11Z+01:00")
const otherDates = listed(
  "1900-01-01¦null¦NaT¦ 2024-01-02¦2024-1-2¦20240102¦2024-01-02x¦1/2/24¦1/1/1¦-¦5/2/20245¦1704190272¦2024/01/02" +
    "¦31.12.2024¦2 Jan 2024¦never¦123/4/2024¦1/234/2024¦1/2/0001",
)

const joined = (dates: ReadonlyArray<string>, times: ReadonlyArray<string>): ReadonlyArray<string> =>
  dates.flatMap((date) => times.map((time) => date + time))

const day: Values = {
  plain: ["", ...joined(dates, times)],
  near: [...joined(slashes, [...times, ...badTimes]), ...badDates, ...joined(dates, badTimes), ...otherDates],
}

const email: Values = {
  plain: [...listed("ada@example.com¦a.b+c@x-y.org¦o'neil@a.b.c.de¦Ada@Example.COM¦1@2"), `a@${long(63)}.com`],
  near: [
    ...listed("¦ada¦@¦a@¦@b¦a@b@c¦a@-b.c¦a@b-.c¦a@b..c¦a@.b¦a@b.¦a@b_c¦a b@c¦ä@b.c¦a@ä.de¦\u212a@b.c"),
    ...listed(" ada@example.com¦<ada@example.com>¦mailto:ada@example.com¦a@b,c@d¦email¦A@B.C\0"),
    `a@${long(64)}.com`,
    `${long(311)}@b.com.de`,
    `${long(312)}@b.com.de`,
  ],
}

const address: Values = {
  plain: listed("¦8.8.8.8¦0.0.0.0¦255.255.255.255¦10.1.20.30¦2001:db8::1¦1:2:3:4:5:6:7:8¦fe80::¦a::b:c"),
  near: listed(
    "256.1.1.1¦01.2.3.4¦1.2.3¦1.2.3.4.5¦1.2.3.4:80¦1.2.3.¦00.0.0.0¦1..2.3¦::¦::1¦1:2:3:4:5:6::¦1:2:3:4:5:6:7::" +
      "¦1:2:3:4::5:6:7¦1::2::3¦2001:DB8::1¦2001:0db8::1¦1:0::2¦::ffff:1.2.3.4¦1:2:3:4:5:6:7:8:9¦12345::¦1::2:" +
      "¦:1::2¦fe80::1%eth0¦null¦unknown¦g::¦1:2:3:4:5:6:7:0¦1.2.3.4/32¦8.8.8.8, 9.9.9.9¦ 8.8.8.8¦1:2:3:4:5::6:7" +
      "¦1:2:3:4:5:6:7",
  ),
}

const status: Values = {
  plain: listed("¦true¦FALSE¦t¦No¦1¦0¦Active¦n/a¦NULL¦1.0"),
  near: listed("maybe¦ true¦true ¦ＴＲＵＥ¦oK¦OK¦2¦truE\0¦Ja¦-1"),
}

const notMapped: Values = {
  plain: [...listed("¦x¦1,5¦ö¦  blanks  ¦\\N"), long(300)],
  near: listed("\0¦\x1a¦é\ufeff"),
}

const ofColumns: Readonly<Record<FieldColumn, Values>> = {
  source_id: text(64),
  first_name: text(80),
  last_name: text(80),
  email,
  gender: text(64),
  ip_address: address,
  created_at: day,
  updated_at: day,
  password: text(255),
  status,
}

/** Those of a column, or of a field that no column has. */
export const valuesOf = (column: FieldColumn | undefined): Values =>
  column === undefined ? notMapped : ofColumns[column]
