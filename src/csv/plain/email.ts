// Recognises the bytes of an e-mail address, and reckons its lane on the way.

import { laneCount } from "../../domain/laneOf.ts"
import { lowerCase } from "./WordTable.ts"

const longest = 320
const longestLabel = 63

/** Of FNV-1a. */
const basis = 0x811c9dc5
const prime = 0x01000193

const at = 0x40
const dot = 0x2e
const dash = 0x2d

/** What may stand before the at sign, and in a label after it: the byte in lower case; 0: it may not. */
const local = new Uint8Array(256)
const label = new Uint8Array(256)
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") {
  const byte = character.charCodeAt(0)
  local[byte] = label[byte] = lowerCase[byte]!
}
for (const character of ".!#$%&'*+/=?^_`{|}~") local[character.charCodeAt(0)] = character.charCodeAt(0)

/** Added to the lane of an address with capitals. */
export const hasCapitals = laneCount

/**
 * The lane of the address in lower case (see `laneOf`), and `hasCapitals` where it is in another; -1: the bytes are not
 * certainly an address. The rule is that of `readEmail`.
 */
export const emailLane = (bytes: Uint8Array, start: number, end: number): number => {
  if (end - start > longest) return -1
  let hash = basis
  let capitals = 0
  let index = start
  for (; index < end; index++) {
    const byte = bytes[index]!
    const lower = local[byte]!
    if (lower === 0) break
    capitals |= lower ^ byte
    hash = Math.imul(hash ^ lower, prime)
  }
  if (index === start || index === end || bytes[index] !== at) return -1
  hash = Math.imul(hash ^ at, prime)
  index++
  let labelStart = index
  for (; index < end; index++) {
    const byte = bytes[index]!
    let lower = label[byte]!
    if (lower === 0) {
      if (byte !== dot || !isLabel(bytes, labelStart, index)) return -1
      labelStart = index + 1
      lower = dot
    }
    capitals |= lower ^ byte
    hash = Math.imul(hash ^ lower, prime)
  }
  if (!isLabel(bytes, labelStart, end)) return -1
  return (((hash >>> 16) ^ hash) & (laneCount - 1)) | (capitals === 0 ? 0 : hasCapitals)
}

/** Of letters, digits and dashes: a dash is not at an end. */
const isLabel = (bytes: Uint8Array, start: number, end: number): boolean =>
  end > start && end - start <= longestLabel && bytes[start] !== dash && bytes[end - 1] !== dash
