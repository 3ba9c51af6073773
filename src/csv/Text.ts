// The text of a file: how its encoding lays out characters in bytes, and what bytes say.

// Node's decoder differs between versions (windows-1252 is ISO 8859-1 in Node 22) and lets broken characters pass.
import { TextDecoder as StandardDecoder } from "@exodus/bytes/encoding.js"
import type { Encoding } from "../domain/encoding.ts"

export interface Text {
  /** Bytes of a code unit: 2 in UTF-16. Characters that frame records are one unit each. */
  readonly width: 1 | 2
  /** Which byte of a unit is that of an ASCII character; the other is zero. */
  readonly low: 0 | 1
  /** Whether the byte begins a character whose second byte may be that of an ASCII character. */
  readonly isLead: (byte: number) => boolean
  readonly decode: (bytes: Uint8Array) => string | undefined
  /** ASCII text, and the byte order mark. */
  readonly encode: (text: string) => Uint8Array
  readonly byteOrderMark: Uint8Array
}

export const byteOrderMark = "\ufeff"

const makeDecode = (encoding: Encoding): Text["decode"] => {
  const Decoder = encoding === "utf-8" ? TextDecoder : StandardDecoder
  const decoder = new Decoder(encoding, { fatal: true, ignoreBOM: true })
  return (bytes) => {
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }
}

const utf8 = new TextEncoder()

const makeEncode =
  (width: 1 | 2, low: 0 | 1): Text["encode"] =>
  (text) =>
    width === 1
      ? utf8.encode(text)
      : Uint8Array.from({ length: 2 * text.length }, (_, index) => {
          const unit = text.charCodeAt(index >> 1)
          return index % 2 === low ? unit & 255 : unit >> 8
        })

/** Lead bytes of the encodings in which a second byte may be ASCII. In EUC-JP none is. */
const leads: Partial<Record<Encoding, (byte: number) => boolean>> = {
  shift_jis: (byte) => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc),
  "euc-kr": (byte) => byte >= 0x81 && byte <= 0xfe,
  gbk: (byte) => byte >= 0x81 && byte <= 0xfe,
  gb18030: (byte) => byte >= 0x81 && byte <= 0xfe,
  big5: (byte) => byte >= 0x81 && byte <= 0xfe,
}

const never = () => false

const make = (encoding: Encoding): Text => {
  const width = encoding.startsWith("utf-16") ? 2 : 1
  const low = encoding === "utf-16be" ? 1 : 0
  const encode = makeEncode(width, low)
  const hasMark = encoding.startsWith("utf-") || encoding === "gb18030"
  const mark = encoding === "gb18030" ? Uint8Array.of(0x84, 0x31, 0x95, 0x33) : encode(byteOrderMark)
  return {
    width,
    low,
    isLead: leads[encoding] ?? never,
    decode: makeDecode(encoding),
    encode,
    byteOrderMark: hasMark ? mark : new Uint8Array(0),
  }
}

const made = new Map<Encoding, Text>()

/** The text of an encoding. */
export const textOf = (encoding: Encoding): Text => {
  const known = made.get(encoding)
  if (known !== undefined) return known
  const text = make(encoding)
  made.set(encoding, text)
  return text
}

export const isUtf8 = (bytes: Uint8Array): boolean => textOf("utf-8").decode(bytes) !== undefined

/** Whether `bytes` have those of `part` at `index`; undefined: they end before that is known. */
export const hasAt = (bytes: Uint8Array, index: number, part: Uint8Array): boolean | undefined => {
  for (let offset = 0; offset < part.length; offset++) {
    if (index + offset >= bytes.length) return undefined
    if (bytes[index + offset] !== part[offset]) return false
  }
  return true
}

/** Whether `bytes` have those of `part` anywhere. */
export const includes = (bytes: Uint8Array, part: Uint8Array): boolean => {
  let index = bytes.indexOf(part[0]!)
  while (index !== -1 && hasAt(bytes, index, part) !== true) index = bytes.indexOf(part[0]!, index + 1)
  return index !== -1
}
