import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { ipv4At, readIpv6 } from "../../src/domain/addressNumbers.ts"
import { ip } from "../utils/addresses.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** The text between other bytes. */
const within = (text: string) => {
  const bytes = Buffer.from(`9${text}9`)
  return { bytes, start: 1, end: bytes.length - 1 }
}

const ipv4Of = (text: string): number => {
  const { bytes, end, start } = within(text)
  return ipv4At(bytes, start, end)
}

const ipv6Of = (text: string): ReadonlyArray<number> | undefined => {
  const { bytes, end, start } = within(text)
  const groups = new Uint16Array(8).fill(0xdead)
  return readIpv6(bytes, start, end, groups) ? Array.from(groups) : undefined
}

it.prop("an IPv4 address is one number", { address: between(0, 2 ** 32 - 1) }, ({ address }) => {
  const text = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".")
  assert.strictEqual(ipv4Of(text), address)
})

const group = Schema.Union([Schema.Literals([0, 0, 1]), between(0, 0xffff)])

it.prop(
  "an IPv6 address has eight groups, wherever its zeros are left out",
  { groups: Schema.Tuple([group, group, group, group, group, group, group, group]) },
  ({ groups }) => {
    const canonical = ip(groups.map((value) => value.toString(16)).join(":"))
    assert.strictEqual(ipv4Of(canonical), -1)
    assert.deepStrictEqual(ipv6Of(canonical), canonical.includes(".") ? undefined : groups)
  },
  { arbitrary: { runs: 1_000 } },
)

it("addresses that are mostly zeros", () => {
  assert.deepStrictEqual(ipv6Of("::"), [0, 0, 0, 0, 0, 0, 0, 0])
  assert.deepStrictEqual(ipv6Of("::1"), [0, 0, 0, 0, 0, 0, 0, 1])
  assert.deepStrictEqual(ipv6Of("1::"), [1, 0, 0, 0, 0, 0, 0, 0])
  assert.isUndefined(ipv6Of("::ffff:1.2.3.4"))
})
