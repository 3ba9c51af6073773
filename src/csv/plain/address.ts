// Recognises the bytes of an IP address in its canonical form.

const dot = 0x2e
const colon = 0x3a

/** IPv4, without leading zeros. */
const isIpv4 = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start
  for (let octet = 1; ; octet++) {
    const first = at
    let value = 0
    for (; at < end && at < first + 3; at++) {
      const digit = bytes[at]! - 0x30
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at === first || value > 255 || (at > first + 1 && bytes[first] === 0x30)) return false
    if (octet === 4) return at === end
    if (at >= end || bytes[at] !== dot) return false
    at++
  }
}

/** Digits of base 16, in lower case. */
const isHex = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)

/** The end of a group that begins at `start`; -1: none does, or it begins with 0. */
const endOfGroup = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end || bytes[start] === 0x30) return -1
  let at = start
  while (at < end && at < start + 4 && isHex(bytes[at]!)) at++
  return at === start ? -1 : at
}

/** IPv6 of eight groups, or of six at most and `::` behind one of them; no group that is written is 0. */
const isIpv6 = (bytes: Uint8Array, start: number, end: number): boolean => {
  let isShortened = false
  let at = start
  for (let groups = 1; ; groups++) {
    at = endOfGroup(bytes, at, end)
    if (at === -1) return false
    if (at === end) return isShortened ? groups <= 6 : groups === 8
    if (bytes[at++] !== colon) return false
    if (at >= end || bytes[at] !== colon) continue
    if (isShortened) return false
    isShortened = true
    if (++at === end) return groups <= 6
  }
}

/** Whether the bytes are certainly a canonical address, as `Address` has it, that stands for no other. */
export const isAddress = (bytes: Uint8Array, start: number, end: number): boolean =>
  isIpv4(bytes, start, end) || isIpv6(bytes, start, end)
