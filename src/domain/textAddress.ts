// How a record's text is read as an IP address: as it is, or with what servers and proxies write around it.

import { Result } from "effect"
import { NetAddress } from "effect/net"
import * as Address from "./Address.ts"
import { isNullWord } from "./nullWords.ts"
import { Problem } from "./Problem.ts"

const octetsAt = (address: NetAddress.Ipv6Address, start: number): Address.Address =>
  NetAddress.ipv6ToOctets(address)
    .slice(start, start + 4)
    .join(".") as Address.Address

const mapped = "::ffff:"
const nat64 = "64:ff9b::"
const sixToFour = "2002:"

/** What a socket of both families has for an IPv4 address is that address: no other canonical form has dots there. */
const unmapped = (address: Address.Address): Address.Address =>
  address.startsWith(mapped) && address.includes(".") ? (address.slice(mapped.length) as Address.Address) : address

/**
 * The IPv4 address inside a 6to4 (2002::/16) or NAT64 (64:ff9b::/96) address, by which it can be located; undefined for
 * every other.
 */
export const embeddedIpv4 = (address: Address.Address): Address.Address | undefined => {
  if (!address.startsWith(sixToFour) && !address.startsWith(nat64)) return undefined
  const parsed = NetAddress.ipFromStringUnsafe(address)
  if (!NetAddress.isIpv6Address(parsed)) return undefined
  if (address.startsWith(sixToFour)) return octetsAt(parsed, 2)
  const isWellKnown = NetAddress.ipv6ToSegments(parsed)
    .slice(2, 6)
    .every((segment) => segment === 0)
  return isWellKnown ? octetsAt(parsed, 12) : undefined
}

const parse = (text: string): Address.Address | undefined =>
  Result.getOrUndefined(Result.map(Address.parse(text), unmapped))

/** Without brackets a port can follow only what ends as IPv4 does: after other IPv6 it could be a group. */
const withPort = /^([\da-f:]{0,30}[\d.]{7,15}):(\d{1,5})$/i
const bracketed = /^\[([^[\]]{2,})\](?::(\d{1,5})|(\/\d+))?$/
const oneIpv4 = /^([\d.]{7,15})\/32$/
/** The zone of a link is a name or a number (RFC 4007); %25 is % in a URL. */
const oneIpv6 = /^([\da-f:.]{2,45})(?:%(?:25)?[\w.~-]+)?(?:\/128)?$/i

const isPort = (digits: string | undefined): boolean => digits === undefined || Number(digits) <= 65_535

/** One address, with or without a zone and the prefix of a single host. */
const parseOne = (text: string): Address.Address | undefined => {
  const plain = parse(text)
  if (plain !== undefined) return plain
  const ipv4 = oneIpv4.exec(text)
  if (ipv4 !== null) return parse(ipv4[1]!)
  const ipv6 = oneIpv6.exec(text)
  return ipv6 === null || !ipv6[1]!.includes(":") ? undefined : parse(ipv6[1]!)
}

/** The same, with or without a port and brackets. */
const parseHost = (text: string): Address.Address | undefined => {
  const ipv4 = withPort.exec(text)
  if (ipv4 !== null) return isPort(ipv4[2]) ? parse(ipv4[1]!) : undefined
  const inBrackets = bracketed.exec(text)
  if (inBrackets === null) return parseOne(text)
  const [, host, port, prefix = ""] = inBrackets
  return isPort(port) ? parseOne(host!.trim() + prefix) : undefined
}

const noAddress = "is not an IPv4 or IPv6 address"

/** The node of an element of `Forwarded` (RFC 7239), `""` where it has none; or the element itself. */
const nodeOf = (element: string): string => {
  if (!element.includes("=")) return element.trim()
  const pairs = element.split(";")
  const pair = pairs.find((pair) => /^\s*for=/i.test(pair))
  if (pair === undefined) return pairs.every((pair) => /^\s*(?:by|host|proto)=/i.test(pair)) ? "" : element.trim()
  return pair
    .trim()
    .slice("for=".length)
    .replace(/^"([^"]*)"$/, "$1")
    .trim()
}

/** What proxies write where they do not tell an address: it is hidden, or they have none. */
const isHidden = (node: string): boolean => node === "" || isNullWord(node) || /^_[\w.-]+$/.test(node)

const isPublic = (address: Address.Address): boolean =>
  Address.specialRange(embeddedIpv4(address) ?? address) === undefined

/** The first public address of a list; without one, the first. */
const readList = (elements: ReadonlyArray<string>): Address.Address | Problem => {
  let first: Address.Address | undefined
  let firstPublic: Address.Address | undefined
  for (const node of elements.map(nodeOf)) {
    if (isHidden(node)) continue
    const address = parseHost(node)
    if (address === undefined) return new Problem(`${noAddress}, nor a list of them`)
    first ??= address
    if (firstPublic === undefined && isPublic(address)) firstPublic = address
  }
  return firstPublic ?? first ?? new Problem("is a list without an address")
}

/**
 * The canonical form of the address that a text is, or has inside: a port, brackets, /32 or /128 and a zone are taken
 * off, of a forwarded list the first public address is taken, and an IPv4-mapped address is the IPv4 address.
 */
export const readAddress = (text: string): Address.Address | Problem => {
  const plain = Address.parse(text)
  if (Result.isSuccess(plain)) return unmapped(plain.success)
  if (/,|^\s*(?:\w+=.*;\s*)?for=/is.test(text)) return readList(text.split(","))
  return parseHost(text.trim()) ?? new Problem(noAddress)
}
