import { isIP } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { ip } from "../utils/addresses.ts"

const byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const group = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff }))

const canonical = (text: string) => Result.getOrElse(Address.parse(text), () => "none")

describe("Address.parse", () => {
  it.prop("IPv4 is its own canonical form", { bytes: Schema.Tuple([byte, byte, byte, byte]) }, ({ bytes }) => {
    assert.strictEqual(canonical(bytes.join(".")), bytes.join("."))
    assert.strictEqual(canonical(` ${bytes.join(".")} `), bytes.join("."))
  })

  it.prop(
    "every spelling of an IPv6 address has one canonical form, the one that URLs use",
    { groups: Schema.Tuple([group, group, group, group, group, Schema.Literals([0, 1]), group, group]) },
    ({ groups }) => {
      const full = groups.map((value) => value.toString(16).padStart(4, "0").toUpperCase()).join(":")
      const url = new URL(`http://[${full}]`).hostname.slice(1, -1)
      assert.strictEqual(canonical(full), url)
      assert.strictEqual(canonical(url), url)
    },
  )

  const zeroOrNot = Schema.Literals([0, 0, 1, 0xabcd])
  it.prop(
    "zeros anywhere: the canonical form is that of URLs, and what URLs reject is rejected",
    {
      groups: Schema.Tuple([zeroOrNot, zeroOrNot, zeroOrNot, zeroOrNot, zeroOrNot, zeroOrNot, zeroOrNot, zeroOrNot]),
      cut: group,
    },
    ({ groups, cut }) => {
      const byUrl = (text: string) =>
        URL.canParse(`http://[${text}]`) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : "none"
      const full = groups.map((value) => value.toString(16)).join(":")
      const url = byUrl(full)
      const at = cut % url.length
      for (const text of [full, url, url.slice(0, at) + url.slice(at + 1), `${url.slice(0, at)}:${url.slice(at)}`]) {
        assert.strictEqual(canonical(text), byUrl(text))
      }
    },
    { arbitrary: { runs: 1000 } },
  )

  const longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
  const pieces = [
    "0",
    "1",
    "ffff",
    "A0",
    "12345",
    "g",
    ":",
    ":",
    "::",
    ".",
    "1.2.3.4",
    "255",
    "256",
    "%",
    "/",
    "[",
    " ",
  ]
  it.prop(
    "takes what another implementation takes, and nothing else",
    {
      head: Schema.Literals([
        "",
        "1.2.3.",
        "1.2.3.4",
        "::",
        "::ffff:",
        "1:2:3:4:5:6:",
        "1:2:3:4:5:6:7:",
        "2001:db8::",
        longest.slice(0, -3),
      ]),
      picks: Schema.Array(Schema.Literals(pieces)).check(Schema.isMaxLength(4)),
    },
    ({ head, picks }) => {
      const text = head + picks.join("")
      // Node takes a zone.
      const isAddress = isIP(text.trim()) !== 0 && !text.includes("%")
      assert.strictEqual(canonical(text) !== "none", isAddress, text)
    },
    { arbitrary: { runs: 5000 } },
  )

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.4.",
    "01.2.3.4",
    "1.2.3.04",
    "256.1.1.1",
    "1.2.3.300",
    "1.2.3.4:80",
    "[::1]",
    "fe80::1%eth0",
    "::1::",
    "x",
  ])("rejects %s", (text) => {
    assert.strictEqual(canonical(text), "none")
  })
})

describe("Address.Address", () => {
  it.each([
    ["8.8.8.8", true],
    ["2001:4860:4860::8888", true],
    ["::1", true],
    ["2001:0:0:1::", true],
    ["8.8.8.8 ", false],
    ["2001:4860:4860:0:0:0:0:8888", false],
    ["2001:DB8::1", false],
    ["", false],
  ])("of %s is an address: %s", (text, is) => {
    assert.strictEqual(Schema.is(Address.Address)(text), is)
  })
})

describe("Address.specialRange", () => {
  it.each([
    ["10.255.0.1", "private"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["192.168.1.1", "private"],
    ["127.0.0.1", "loopback"],
    ["169.254.0.1", "link-local"],
    ["100.64.0.0", "shared address space"],
    ["100.127.255.255", "shared address space"],
    ["192.0.2.1", "documentation"],
    ["198.19.255.255", "benchmarking"],
    ["0.1.2.3", "this network"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.255", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::ffff:8.8.8.8", "IPv4-mapped"],
    ["fd00::1", "private"],
    ["fe80::1", "link-local"],
    ["ff02::1", "multicast"],
    ["2001:db8::1", "documentation"],
    ["3fff:fff::1", "documentation"],
    ["2002:808:808::", "6to4"],
    ["2001::1", "Teredo"],
    ["4000::1", "reserved"],
  ])("%s is %s", (address, range) => {
    assert.strictEqual(Address.specialRange(ip(address)), range)
  })

  it.each([
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.0.9",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:4860::8888",
    "2001:20::1",
    "64:ff9b::808:808",
  ])("%s is public", (address) => {
    assert.strictEqual(Address.specialRange(ip(address)), undefined)
  })
})
