// Canonical addresses as numbers, from their bytes: to look them up costs no text.

const dot = 0x2e
const colon = 0x3a
const zero = 0x30
const letterA = 0x61

/** The number of an IPv4 address; -1: it is an IPv6 address. */
export const ipv4At = (bytes: Uint8Array, start: number, end: number): number => {
  let address = 0
  let octet = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === dot) {
      address = address * 256 + octet
      octet = 0
      continue
    }
    const digit = byte - zero
    if (digit < 0 || digit > 9) return -1
    octet = octet * 10 + digit
  }
  return address * 256 + octet
}

/** Writes the eight groups of an IPv6 address. False where its end is written as IPv4. */
export const readIpv6 = (bytes: Uint8Array, start: number, end: number, groups: Uint16Array): boolean => {
  let count = 0
  let gap = -1
  let group = 0
  let isOpen = false
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === dot) return false
    if (byte !== colon) {
      group = group * 16 + (byte >= letterA ? byte - letterA + 10 : byte - zero)
      isOpen = true
      continue
    }
    if (isOpen) groups[count++] = group
    else gap = count
    group = 0
    isOpen = false
  }
  if (isOpen) groups[count++] = group
  if (gap === -1) return true
  const after = groups.length - (count - gap)
  groups.copyWithin(after, gap, count)
  groups.fill(0, gap, after)
  return true
}
