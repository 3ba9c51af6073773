// IP addresses in their canonical text form.

import { Result, Schema } from "effect"
import { NetAddress } from "effect/net"
import { specialRangeOf } from "./specialRanges.ts"

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
export const specialRange = (canonical: Address): string | undefined => specialRangeOf(canonical)
