// Addresses that can have no location: those of special ranges.

import { IpNetwork, NetAddress } from "effect/net"

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

/** The range of an IPv4 address, by its number; undefined: it is public. */
const specialRange4 = (address: number): string | undefined =>
  specialOctets.has(octetOf(address))
    ? special4.find(({ end, first }) => first <= address && address < end)?.reason
    : undefined

const isPlainIpv6 = (canonical: string): boolean => {
  const group = canonical.slice(0, 4)
  return globalGroup.test(group) && !specialGroups.has(group)
}

/** See `Address.specialRange`. `canonical`: an address in its canonical form. */
export const specialRangeOf = (canonical: string): string | undefined => {
  if (!canonical.includes(":")) {
    // Most addresses need not be parsed.
    return specialOctets.has(Number.parseInt(canonical, 10)) ? specialRange4(numberOf(canonical)) : undefined
  }
  if (isPlainIpv6(canonical)) return undefined
  const address = NetAddress.ipFromStringUnsafe(canonical)
  return special6.find(({ network }) => IpNetwork.contains(network, address))?.reason
}

/** Whether an IPv4 address can have no location, by its number. */
export const isSpecialIpv4 = (address: number): boolean => specialRange4(address) !== undefined

/** By the first two groups, as a number. */
const firstOf = (network: IpNetwork.Ipv6Network): number => {
  const [first, second] = NetAddress.ipv6ToSegments(network.address)
  return first! * 2 ** 16 + second!
}

const global6 = { first: 0x2000_0000, end: 0x4000_0000 }
const specialIn6 = special6.flatMap(({ network }) => {
  if (!IpNetwork.isIpv6Network(network)) return []
  const first = firstOf(network)
  const end = first + 2 ** Math.max(0, 32 - network.prefixLength)
  const isWithin = first >= global6.first && end <= global6.end && end - first < global6.end - global6.first
  return isWithin ? [{ first, end }] : []
})

/** Whether an IPv6 address may be one that has no location, or stands for an IPv4 address, by its groups. */
export const mayBeSpecialIpv6 = (groups: Uint16Array): boolean => {
  const start = groups[0]! * 2 ** 16 + groups[1]!
  if (start < global6.first || start >= global6.end) return true
  return specialIn6.some(({ end, first }) => first <= start && start < end)
}
