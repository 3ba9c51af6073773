// How encodings that programs often write read a text whose encoding nothing shows.

import type { Encoding } from "../domain/encoding.ts"
import { isProblem, makeFieldParser } from "./fields.ts"
import { printable, type RecordsAt } from "./header.ts"
import type { Beginning } from "./Sample.ts"
import { framesOf } from "./sampleFrames.ts"
import { textOf } from "./Text.ts"

/** Encodings that the files of many programs have. */
const usualEncodings = ["windows-1252", "windows-1250", "windows-1251", "shift_jis", "gb18030"] as const

/** Every byte is a character of it. */
export const singleByte = "windows-1252"

const longestShown = 40

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

/** The first value beyond ASCII in these fields; never of an e-mail. */
export const firstBeyondAscii = (
  beginning: Beginning,
  header: RecordsAt,
  maxRecordSize: number,
  positions: ReadonlyArray<number>,
): { readonly position: number; readonly line: number; readonly value: string } | undefined => {
  const parse = makeFieldParser(header.format)
  for (const frame of framesOf(beginning, header, maxRecordSize)) {
    const [fields] = parse([frame])
    if (fields === undefined || isProblem(fields)) continue
    for (const position of positions) {
      const value = fields[position] ?? ""
      if (/[^\0-\x7f]/.test(value) && !value.includes("@")) return { position, line: frame.line, value }
    }
  }
  return undefined
}
