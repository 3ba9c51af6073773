import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ipv4At, readIpv6 } from "../../src/domain/addressNumbers.ts"
import { specialRange } from "../../src/domain/Address.ts"
import { isSpecialIpv4, mayBeSpecialIpv6 } from "../../src/domain/specialRanges.ts"
import { embeddedIpv4 } from "../../src/domain/textAddress.ts"
import { ip } from "../utils/addresses.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const edges = ["0.0.0.0", "10.0.0.0", "11.0.0.0", "172.16.0.0", "172.32.0.0", "192.0.0.8", "192.0.0.11", "198.20.0.0"]

const edge = Schema.Literals(edges.map((text) => ipv4At(Buffer.from(text), 0, text.length)))

const ipv4Text = (address: number) => ip([24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join("."))

describe("by number", () => {
  it.prop(
    "an IPv4 address is special as it is by its text",
    { from: Schema.Union([edge, between(0, 2 ** 32 - 1)]), by: between(-2, 2) },
    ({ by, from }) => {
      const address = (from + by) >>> 0
      assert.strictEqual(isSpecialIpv4(address), specialRange(ipv4Text(address)) !== undefined, ipv4Text(address))
    },
    { arbitrary: { runs: 1_000 } },
  )

  const first = Schema.Union([
    Schema.Literals([0, 0x64, 0x2000, 0x2001, 0x2002, 0x3fff, 0x4000, 0xfe80]),
    between(0, 0xffff),
  ])
  const second = Schema.Union([
    Schema.Literals([0, 1, 2, 3, 0x1ff, 0x200, 0xdb7, 0xdb8, 0xfff, 0x1000, 0xff9b]),
    between(0, 0xffff),
  ])

  it.prop(
    "an IPv6 address that is not special by its groups is public, and stands for no other",
    { first, second, last: between(0, 3) },
    ({ first, last, second }) => {
      const address = ip([first, second, 0, 0, 0, 0, 0, last].map((group) => group.toString(16)).join(":"))
      const groups = new Uint16Array(8)
      const isRead = readIpv6(Buffer.from(address), 0, address.length, groups)
      if (!isRead || mayBeSpecialIpv6(groups)) return
      assert.deepStrictEqual([specialRange(address), embeddedIpv4(address)], [undefined, undefined], address)
    },
    { arbitrary: { runs: 1_000 } },
  )

  it("most public IPv6 addresses are not special by their groups", () => {
    for (const start of [
      [0x2001, 0x200],
      [0x2001, 0x4860],
      [0x2606, 0x4700],
      [0x2a00, 0x1450],
      [0x2003, 0],
    ]) {
      assert.isFalse(mayBeSpecialIpv6(Uint16Array.of(...start, 0, 0, 0, 0, 0, 1)))
    }
  })
})
