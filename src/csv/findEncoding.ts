// The encoding of a file: that of its byte order mark, or the one that is given, or UTF-8 where its bytes may be that.

import type { Encoding } from "../domain/encoding.ts"
import type { Beginning } from "./Sample.ts"
import { hasAt, textOf } from "./Text.ts"

const withMarks = ["utf-8", "utf-16le", "utf-16be"] as const

/** The mark of UTF-32, which is no encoding of ours, begins with that of UTF-16. */
const isUtf32 = (bytes: Uint8Array): boolean => hasAt(bytes, 0, Uint8Array.of(0xff, 0xfe, 0, 0)) === true

/** The bytes of a sequence of UTF-8 that begins with this byte; 0: none does. */
const lengthOf = (byte: number): number => {
  if (byte >= 0xc2 && byte <= 0xdf) return 2
  if (byte >= 0xe0 && byte <= 0xef) return 3
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0
}

/** The least and the greatest second byte after a first one, where they are not 0x80 and 0xbf. */
const secondBytes: Readonly<Record<number, readonly [least: number, greatest: number]>> = {
  0xe0: [0xa0, 0xbf],
  0xed: [0x80, 0x9f],
  0xf0: [0x90, 0xbf],
  0xf4: [0x80, 0x8f],
}

/** Whether the bytes are a sequence, or its beginning where they end before. */
const isSequence = (bytes: Uint8Array, start: number, length: number): boolean => {
  if (length === 0) return false
  const [least, greatest] = secondBytes[bytes[start]!] ?? [0x80, 0xbf]
  const second = bytes[start + 1] ?? least
  if (second < least || second > greatest) return false
  const end = Math.min(start + length, bytes.length)
  for (let index = start + 2; index < end; index++) if ((bytes[index]! & 0xc0) !== 0x80) return false
  return true
}

/** Whether bytes beyond ASCII are there, and no sequence of UTF-8 anywhere. */
const isForeign = ({ bytes, isWhole }: Beginning): boolean => {
  let isFound = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!
    if (byte < 0x80) continue
    const length = lengthOf(byte)
    if (isSequence(bytes, index, length)) {
      if (index + length <= bytes.length) return false
      // The sample ends within a sequence.
      if (!isWhole) break
    }
    isFound = true
  }
  return isFound
}

export interface FoundEncoding {
  readonly encoding: Encoding
  readonly byteOrderMark: boolean
}

/** Undefined: the bytes are not UTF-8, and nothing shows what they are. */
export const findEncoding = (beginning: Beginning, given: Encoding | undefined): FoundEncoding | undefined => {
  const { bytes } = beginning
  const marked = withMarks.find((encoding) => hasAt(bytes, 0, textOf(encoding).byteOrderMark) === true)
  if (isUtf32(bytes)) return undefined
  if (marked !== undefined) return { encoding: marked, byteOrderMark: true }
  if (given !== undefined) return { encoding: given, byteOrderMark: false }
  return isForeign(beginning) ? undefined : { encoding: "utf-8", byteOrderMark: false }
}
