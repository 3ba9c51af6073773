// Finds where the frames of zstd data end (RFC 8878, section 3), and decompresses nothing.

import { Array as Arr } from "effect"

const frameMagic = 0xfd2fb528

/** The first of 16. */
const skippedMagic = 0x184d2a50

const isSkipped = (magic: number): boolean => magic >= skippedMagic && magic < skippedMagic + 16

/** Little-endian. */
const numberOf = (bytes: Iterable<number>): number => [...bytes].reduceRight((sum, byte) => sum * 256 + byte, 0)

/** Whether a frame begins with these four bytes, or a skippable one. */
export const isMagic = (bytes: Uint8Array): boolean => {
  const magic = numberOf(bytes)
  return bytes.length === 4 && (magic === frameMagic || isSkipped(magic))
}

/** The parts of a frame that say how long it is, and their bytes. */
const fields = { magic: 4, skippedLength: 4, descriptor: 1, block: 3 }

const dictionarySizes = [0, 1, 2, 4]

/** Bytes of a frame's header after its descriptor: window, dictionary, length of the text. */
const headerRest = (descriptor: number): number => {
  const isOneSegment = (descriptor & 0x20) !== 0
  const lengthFlag = descriptor >> 6
  const lengthSize = lengthFlag === 0 ? Number(isOneSegment) : 1 << lengthFlag
  return Number(!isOneSegment) + dictionarySizes[descriptor & 3]! + lengthSize
}

const runOfOneByte = 1

/** Follows the frames of a file, in pieces as they come. Of damaged data it may find no end. */
export class ZstdFrames {
  #field: keyof typeof fields = "magic"
  #read: Array<number> = []
  /** Bytes until the next field, or the frame's end. */
  #skip = 0
  #isLast = false
  #checksumSize = 0

  /** Whether the bytes so far end with a frame. */
  get isAtEnd(): boolean {
    return this.#field === "magic" && this.#read.length === 0 && this.#skip === 0
  }

  /** The piece cut after each frame that ends in it. */
  cut(piece: Uint8Array): Arr.NonEmptyReadonlyArray<Uint8Array> {
    const cuts: Array<Uint8Array> = []
    let from = 0
    for (let at = 0; at < piece.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at)
        this.#skip -= skipped
        at += skipped
      } else {
        this.#read.push(piece[at]!)
        at++
        if (this.#read.length === fields[this.#field]) this.#take()
      }
      if (this.#isLast && this.#skip === 0) {
        this.#isLast = false
        this.#field = "magic"
        cuts.push(piece.subarray(from, at))
        from = at
      }
    }
    return from === piece.length && Arr.isArrayNonEmpty(cuts) ? cuts : Arr.append(cuts, piece.subarray(from))
  }

  #take(): void {
    const value = numberOf(this.#read)
    this.#read = []
    if (this.#field === "magic") {
      if (value === frameMagic) this.#field = "descriptor"
      else if (isSkipped(value)) this.#field = "skippedLength"
      // No frame: whoever decompresses it reports that.
      else this.#skip = Infinity
    } else if (this.#field === "skippedLength") {
      this.#skip = value
      this.#isLast = true
    } else if (this.#field === "descriptor") {
      this.#skip = headerRest(value)
      this.#checksumSize = (value & 4) === 0 ? 0 : 4
      this.#field = "block"
    } else {
      this.#isLast = (value & 1) === 1
      const size = ((value >> 1) & 3) === runOfOneByte ? 1 : value >> 3
      this.#skip = size + (this.#isLast ? this.#checksumSize : 0)
    }
  }
}
