// Recognises the bytes of an e-mail address, and reckons its lane on the way.

import { addToHash, emptyHash, laneCount, laneOfHash } from "../../domain/laneOf.ts"
import { lowerCase } from "./WordTable.ts"

const longest = 320
const longestLabel = 63

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
export const capitalsBit = laneCount

/**
 * The lane of the address in lower case (see `laneOf`), and `capitalsBit` where it is in another; -1: the bytes are not
 * certainly an address. The rule is that of `readEmail`.
 */
export const emailLane = (bytes: Uint8Array, start: number, end: number): number => {
  if (end - start > longest) return -1
  let hash = emptyHash
  let capitals = 0
  let index = start
  for (; index < end; index++) {
    const byte = bytes[index]!
    const lower = local[byte]!
    if (lower === 0) break
    capitals |= lower ^ byte
    hash = addToHash(hash, lower)
  }
  if (index === start || index === end || bytes[index] !== at) return -1
  hash = addToHash(hash, at)
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
    hash = addToHash(hash, lower)
  }
  if (!isLabel(bytes, labelStart, end)) return -1
  return laneOfHash(hash) | (capitals === 0 ? 0 : capitalsBit)
}

/** Of letters, digits and dashes: a dash is not at an end. */
const isLabel = (bytes: Uint8Array, start: number, end: number): boolean =>
  end > start && end - start <= longestLabel && bytes[start] !== dash && bytes[end - 1] !== dash
