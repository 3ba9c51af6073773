// IP addresses in their canonical text form, and those that can have no location.

import { Result, Schema } from "effect"
import { IpNetwork, NetAddress } from "effect/net"

/** Most addresses are canonical already: this test takes a fraction of the time of parsing and formatting. */
const canonicalIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** IPv6 only where no written group is 0: then any `::` is in the right place, for six groups at most. */
const group = "[1-9a-f][0-9a-f]{0,3}"
const canonicalIpv6 = new RegExp(
  `^(?:(?:${group}:){7}${group}|(?!(?:[^:]+:+){6}[^:])${group}(?::${group})*::(?:${group}(?::${group})*)?)$`,
)

/** What every IPv6 address is like: of other text the parser makes an error with a stack, which takes long. */
const likeIpv6 = /^[\da-fA-F]*:[\da-fA-F]*:[\da-fA-F:.]*$/
const longestIpv6 = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length

const isCanonical = (text: string): boolean =>
  canonicalIpv4.test(text) || canonicalIpv6.test(text) || Result.getOrUndefined(parse(text)) === text

/**
 * The canonical text form of an IPv4 or IPv6 address (RFC 5952): no leading zeros, no zone. `parse` makes one, where a
 * text comes from outside.
 */
export const Address = Schema.String.check(
  Schema.makeFilter((text) => isCanonical(text) || "is not the canonical form of an IPv4 or IPv6 address"),
).pipe(Schema.brand("Address"))
export type Address = typeof Address.Type

/**
 * The canonical form of a text that is an IPv4 or IPv6 address in any form, spaces around it included; fails with a
 * message that does not quote the text.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { Address } from "user-activity-etl"
 *
 * const address = Result.getOrThrow(Address.parse("2001:4860:4860:0:0:0:0:8888")) // 2001:4860:4860::8888
 * ```
 */
export const parse = (text: string): Result.Result<Address, string> => {
  if (canonicalIpv4.test(text) || canonicalIpv6.test(text)) return Result.succeed(text as Address)
  const trimmed = text.trim()
  if (trimmed.length <= longestIpv6 && likeIpv6.test(trimmed)) {
    const parsed = NetAddress.ipv6FromString(trimmed)
    if (Result.isSuccess(parsed)) return Result.succeed(NetAddress.formatIp(parsed.success) as Address)
  } else if (canonicalIpv4.test(trimmed)) return Result.succeed(trimmed as Address)
  return Result.fail("is not an IPv4 or IPv6 address")
}

/**
 * IANA's special-purpose address registries (RFC 6890 and its updates) and the parts of the IPv6 space that are not
 * global unicast: an address here has no location. The narrowest range gives the reason; `undefined` marks a global
 * range inside a special one.
 */
const specialRanges: ReadonlyArray<readonly [range: string, reason: string | undefined]> = [
  ["192.0.0.9/32", undefined],
  ["192.0.0.10/32", undefined],
  ["255.255.255.255/32", "broadcast"],
  ["192.0.0.0/24", "IETF protocol assignments"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "6to4 relay"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["169.254.0.0/16", "link-local"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "benchmarking"],
  ["172.16.0.0/12", "private"],
  ["100.64.0.0/10", "shared address space"],
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private"],
  ["127.0.0.0/8", "loopback"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["2001:1::1/128", undefined],
  ["2001:1::2/128", undefined],
  ["2001:1::3/128", undefined],
  ["::ffff:0:0/96", "IPv4-mapped"],
  ["64:ff9b::/96", undefined],
  ["100::/64", "discard-only"],
  ["100:0:0:1::/64", "dummy prefix"],
  ["64:ff9b:1::/48", "IPv4-IPv6 translation"],
  ["2001:2::/48", "benchmarking"],
  ["2001:4:112::/48", undefined],
  ["2001::/32", "Teredo"],
  ["2001:3::/32", undefined],
  ["2001:db8::/32", "documentation"],
  ["2001:20::/28", undefined],
  ["2001:30::/28", undefined],
  ["2001::/23", "IETF protocol assignments"],
  ["3fff::/20", "documentation"],
  ["2002::/16", "6to4"],
  ["5f00::/16", "segment routing"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"],
  ["ff00::/8", "multicast"],
  ["fc00::/7", "private"],
  ["2000::/3", undefined],
  ["::/0", "reserved"],
]

const special = specialRanges.map(([range, reason]) => ({ network: IpNetwork.fromStringUnsafe(range), reason }))
const special6 = special.filter(({ network }) => IpNetwork.isIpv6Network(network))

/** An IPv4 address as a number, which compares several times as fast as by `IpNetwork.contains`. */
const numberOf = (ipv4: string): number => ipv4.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0)

const special4 = special.flatMap(({ network, reason }) => {
  if (!IpNetwork.isIpv4Network(network)) return []
  const first = numberOf(NetAddress.formatIp(network.address))
  return [{ first, end: first + 2 ** (32 - network.prefixLength), reason }]
})

const octetOf = (ipv4: number): number => Math.floor(ipv4 / 2 ** 24)

/** The first octets of special IPv4 ranges: so few that most addresses need no closer look. */
const specialOctets = new Set(
  special4.flatMap(({ end, first }) =>
    Array.from({ length: octetOf(end - 1) - octetOf(first) + 1 }, (_, index) => octetOf(first) + index),
  ),
)

/** The first groups of special IPv6 ranges inside 2000::/3, where global addresses are. */
const globalGroup = /^[23][\da-f]{3}$/
const specialGroups = new Set(
  special6.map(({ network }) => IpNetwork.format(network).slice(0, 4)).filter((group) => globalGroup.test(group)),
)

const isPlainIpv6 = (canonical: Address): boolean => {
  const group = canonical.slice(0, 4)
  return globalGroup.test(group) && !specialGroups.has(group)
}

/**
 * The special range (`private`, `multicast`, ...) of an address that can have no location; undefined for a public
 * address. No locator is asked for a special address; of a 6to4 one it is asked for the IPv4 address inside.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { Address } from "user-activity-etl"
 *
 * const range = Result.map(Address.parse("10.0.0.1"), Address.specialRange) // private
 * ```
 */
export const specialRange = (canonical: Address): string | undefined => {
  if (!canonical.includes(":")) {
    if (!specialOctets.has(Number.parseInt(canonical, 10))) return undefined
    const address = numberOf(canonical)
    return special4.find(({ end, first }) => first <= address && address < end)?.reason
  }
  if (isPlainIpv6(canonical)) return undefined
  const address = NetAddress.ipFromStringUnsafe(canonical)
  return special6.find(({ network }) => IpNetwork.contains(network, address))?.reason
}
