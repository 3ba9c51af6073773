// How encodings that programs often write read a text whose encoding nothing shows.

import type { Encoding } from "../domain/encoding.ts"
import { longestShown, printable } from "./header.ts"
import type { Beginning } from "./Sample.ts"
import { textOf } from "./Text.ts"

/** Encodings that the files of many programs have. */
const usualEncodings = ["windows-1252", "windows-1250", "windows-1251", "shift_jis", "gb18030"] as const

/** Every byte is a character of it. */
export const singleByte = "windows-1252"

/** Those that can read all of the lines. */
export const encodingsOf = ({ bytes, isWhole }: Beginning): ReadonlyArray<Encoding> => {
  // The sample may end within a character.
  const lines = isWhole ? bytes : bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
  return usualEncodings.filter((encoding) => textOf(encoding).decode(lines) !== undefined)
}

/** A value as `singleByte` reads it, and as each of the others does that can. */
export const readingsOf = (value: string): ReadonlyArray<readonly [encoding: Encoding, value: string]> => {
  const bytesOf = new Map(
    Array.from({ length: 256 }, (_, byte) => [textOf(singleByte).decode(Uint8Array.of(byte))!, byte] as const),
  )
  const bytes = Uint8Array.from(value, (character) => bytesOf.get(character)!)
  return usualEncodings.flatMap((encoding) => {
    const text = textOf(encoding).decode(bytes)
    return text === undefined ? [] : [[encoding, printable(text, longestShown)] as const]
  })
}
