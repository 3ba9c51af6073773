import { isIP } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { isNullWord } from "../../src/domain/nullWords.ts"
import { Problem } from "../../src/domain/Problem.ts"
import { embeddedIpv4, readAddress } from "../../src/domain/textAddress.ts"
import { ip } from "../utils/addresses.ts"

const shown = (text: string): string => {
  const read = readAddress(text)
  return read instanceof Problem ? read.message : read
}

const none = "is not an IPv4 or IPv6 address"
const noList = "is not an IPv4 or IPv6 address, nor a list of them"

describe("readAddress", () => {
  it.each([
    ["81.2.69.142:55220", "81.2.69.142"],
    ["81.2.69.142, 10.0.0.1", "81.2.69.142"],
    ["10.0.0.1, 81.2.69.142", "81.2.69.142"],
    ["::ffff:81.2.69.142", "81.2.69.142"],
    ["81.2.69.142/32", "81.2.69.142"],
    ["[2001:4860:4860::8888]:443", "2001:4860:4860::8888"],
    ["[2001:4860:4860::8888]", "2001:4860:4860::8888"],
    ["fe80::1%eth0", "fe80::1"],
    ["081.002.069.142", none],
    ["1359095182", none],
    ["0x51.0x02.0x45.0x8e", none],
    ["2001:4860:4860::8888/128", "2001:4860:4860::8888"],
    [" 81.2.69.142 ", "81.2.69.142"],
    ["81.2.69.142,81.2.69.143", "81.2.69.142"],
    ["81.2.69.xxx", none],
    ["81.2.69.0/24", none],
    ["::ffff:5102:458e", "81.2.69.142"],
    ["127.0.0.1", "127.0.0.1"],
    ["'81.2.69.142'", none],
    ["\u200b81.2.69.142", none],
    ["64:ff9b::5102:458e", "64:ff9b::5102:458e"],
    ["2002:5102:458e::1", "2002:5102:458e::1"],
    ["81.2.69.142;", none],
    ["81.2.69", none],
  ])("reads what people have: %s is %s", (text, expected) => {
    assert.strictEqual(shown(text), expected)
  })

  it("leaves the words for nothing to others", () => {
    for (const word of ["unknown", "-"]) {
      assert.isTrue(isNullWord(word))
      assert.strictEqual(shown(word), none)
    }
  })

  it.each([
    ["[::ffff:81.2.69.142]:80", "81.2.69.142"],
    ["[fe80::1%25eth0]:8080", "fe80::1"],
    ["FE80::1%3/128", "fe80::1"],
    ["[81.2.69.142]", "81.2.69.142"],
    ["::ffff:81.2.69.142:55220", "81.2.69.142"],
    ["64:ff9b::8.8.8.8:53", "64:ff9b::808:808"],
    ["[2001:db8::1]/128", "2001:db8::1"],
    ["[fe80::1%eth0]/128", "fe80::1"],
    ["[81.2.69.142]/32", "81.2.69.142"],
    ["[ fe80::1%eth0 ]", "fe80::1"],
    ["10.0.0.1,192.168.0.1", "10.0.0.1"],
    ["10.0.0.1:80 , [2606:4700::1111]:443, 8.8.8.8", "2606:4700::1111"],
    ["unknown, 81.2.69.142", "81.2.69.142"],
    ["-, _hidden.1, 10.0.0.1", "10.0.0.1"],
    ["81.2.69.142,", "81.2.69.142"],
    ["2002:a00:1::1, 2002:5102:458e::1", "2002:5102:458e::1"],
    ["64:ff9b::10.0.0.1, 64:ff9b::8.8.8.8", "64:ff9b::808:808"],
    ["for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"],
    ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"],
    ['by=10.0.0.9; for=10.0.0.1, for="81.2.69.142:80";proto=https', "81.2.69.142"],
    ["proto=http, for=81.2.69.142", "81.2.69.142"],
    ["for=10.0.0.1, by=8.8.8.8;proto=https", "10.0.0.1"],
    ['by=10.0.0.9;\n for="81.2.69.142"', "81.2.69.142"],
    ["81.2.69.142:65536", none],
    ["::ffff:81.2.69.142:65536", none],
    ["2001:db8:0:0:0:0:0:1:443", none],
    ["::ffff:81.2.69.142/32", none],
    ["[81.2.69.142]/128", none],
    ["[2001:db8::1]/64", none],
    ["[2001:db8::1/128]/128", none],
    ["proto=http;by=8.8.8.8", none],
    ["a=1, 8.8.8.8", noList],
    ["[::1]:65536", none],
    ["[::1", none],
    ["::1]", none],
    ["81.2.69.142/128", none],
    ["::1/32", none],
    ["81.2.69.142%eth0", none],
    ["::1%", none],
    ["81.2.69.142 10.0.0.1", none],
    ["81.2.69.142, x", noList],
    ["81.2.69.142, 10.0.0.0/8", noList],
    ["unknown, -", "is a list without an address"],
    ["for=unknown", "is a list without an address"],
    [",", "is a list without an address"],
    ["", none],
  ])("reads %s as %s", (text, expected) => {
    assert.strictEqual(shown(text), expected)
  })

  const byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  const group = Schema.Literals([0, 0, 1, 0xabcd, 0xffff])

  it.prop(
    "finds the address in each form, and reads it as the same again",
    {
      bytes: Schema.Tuple([byte, byte, byte, byte]),
      groups: Schema.Tuple([group, group, group, group, group, group, group, group]),
      port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })),
    },
    ({ bytes, groups, port }) => {
      const ipv4 = bytes.join(".")
      for (const text of [
        ipv4,
        `${ipv4}:${port}`,
        `${ipv4}/32`,
        `[${ipv4}]:${port}`,
        `::ffff:${ipv4}`,
        `::ffff:${ipv4}:${port}`,
        `[::ffff:${ipv4}]/128`,
        `for="${ipv4}:${port}"`,
        `_a,${ipv4}`,
      ]) {
        assert.strictEqual(shown(text), ipv4, text)
      }
      const ipv6 = groups.map((value) => value.toString(16)).join(":")
      const url = new URL(`http://[${ipv6}]`).hostname.slice(1, -1)
      const isMapped = groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff
      const expected = isMapped ? [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255].join(".") : url
      for (const text of [
        ipv6,
        url,
        `${ipv6}/128`,
        `${ipv6}%eth0`,
        `[${ipv6}]`,
        `[${ipv6}]:${port}`,
        `[${ipv6}]/128`,
        `[${url}%251]:${port}`,
        `for="[${url}]"`,
      ]) {
        assert.strictEqual(shown(text), expected, text)
      }
      assert.strictEqual(shown(expected), expected)
    },
  )

  const characters = [
    "0",
    "1",
    "25",
    "255",
    "256",
    "f",
    "ffff",
    ":",
    "::",
    ".",
    "%",
    "[",
    "]",
    "/",
    ",",
    ";",
    "for=",
    '"',
    " ",
    "_",
  ]
  it.prop(
    "takes what another implementation takes, and never what it has no part of",
    {
      picks: Schema.Array(Schema.Literals(characters)),
      base: Schema.Literals(["", "1.2.3.4", "2001:db8::1", "::ffff:1.2.3.4"]),
    },
    ({ picks, base }) => {
      const text = base + picks.join("")
      const read = readAddress(text)
      // Node takes a colon for a part of a zone's name; it could be a port.
      if (isIP(text) !== 0 && !/%.*:/.test(text)) assert.isFalse(read instanceof Problem, text)
      if (read instanceof Problem) return
      assert.notStrictEqual(isIP(read), 0)
      const parts = text
        .split(/[,;[\]"=\s]+/)
        .map((part) => part.replace(/%.*$/, ""))
        .flatMap((part) => [part, part.replace(/(?::\d+|\/\d+)$/, ""), part.replace(/\/\d+$/, "")])
      assert.isTrue(
        parts.some((part) => isIP(part) !== 0),
        text,
      )
    },
    { arbitrary: { runs: 2000 } },
  )

  it("reads a text of 100 KB in a moment, whatever it repeats", () => {
    for (const piece of [...characters, "for=;", "a=;", "a=; ", " \t", "1.2.3.4,", "_a,", "unknown,"]) {
      for (const head of ["", "for=", "a=", "[", "::1%", "1.2.3.4"]) {
        const text = head + piece.repeat(100_000 / piece.length)
        const start = performance.now()
        readAddress(text)
        assert.isBelow(performance.now() - start, 500, `${head} ${piece}`)
      }
    }
  })

  it("takes canonical addresses as Address.parse does", () => {
    for (const text of ["8.8.8.8", "2606:4700::1111", "2001:0DB8::1", " ::1 "]) {
      assert.strictEqual(readAddress(text), Result.getOrThrow(Address.parse(text)))
    }
  })
})

describe("embeddedIpv4", () => {
  it.each([
    ["2002:5102:458e::1", "81.2.69.142"],
    ["2002:a00:1::", "10.0.0.1"],
    ["2002::", "0.0.0.0"],
    ["64:ff9b::5102:458e", "81.2.69.142"],
    ["64:ff9b::", "0.0.0.0"],
    ["64:ff9b::1:0:0:1", undefined],
    ["64:ff9b:1::5102:458e", undefined],
    ["2001:5102:458e::1", undefined],
    ["81.2.69.142", undefined],
  ])("of %s is %s", (text, expected) => {
    assert.strictEqual(embeddedIpv4(ip(text)), expected)
  })
})
