// The e-mails that were sent to the table `users`, in little memory: none of the others is stored where it was empty before.

import { addToHash, emptyHash } from "../../domain/laneOf.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { textColumns, textNumber } from "../../domain/rows/layout.ts"

const texts = textColumns.length

/** Each e-mail sets two. After ten million, a fifth of the new e-mails look as if they were sent. */
const bitCount = 2 ** 25
const shift = 32 - 25

/** The last step of MurmurHash3: each bit of the number changes each bit of the result. */
const mix = (hash: number): number => {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return second ^ (second >>> 16)
}

/** A Bloom filter: it takes some new e-mails for ones that were sent, and knows all that were. */
export class SentEmails {
  private readonly bits = new Uint8Array(bitCount / 8)

  /** Adds the e-mails of the versions. Returns the indexes of those that may have been sent before. */
  add({ numbers, rows: { at, bytes, lengths, starts } }: LastVersions): Array<number> {
    const sent: Array<number> = []
    for (let index = 0; index < numbers.length; index++) {
      const row = numbers[index]!
      const cell = row * texts + textNumber.email
      const start = at[row]! + starts[cell]!
      const end = start + lengths[cell]!
      // Two independent hashes: FNV-1a, and one that multiplies first, by another number.
      let left = emptyHash
      let right = 0x9747b28c
      for (let byte = start; byte < end; byte++) {
        left = addToHash(left, bytes[byte]!)
        right = Math.imul(right, 0x5bd1e995) ^ bytes[byte]!
      }
      // One after the other: both change the bits.
      const isLeftSet = this.set(mix(left))
      const isRightSet = this.set(mix(right))
      if (isLeftSet && isRightSet) sent.push(index)
    }
    return sent
  }

  /** Sets the bit of a hash. Returns whether it was set. */
  private set(hash: number): boolean {
    const bit = hash >>> shift
    const byte = this.bits[bit >>> 3]!
    const mask = 1 << (bit & 7)
    this.bits[bit >>> 3] = byte | mask
    return (byte & mask) !== 0
  }
}
