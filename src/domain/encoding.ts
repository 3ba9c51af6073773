// The encodings in which text can be read.

/** One byte a character, by the names of https://encoding.spec.whatwg.org. */
const singleByte = [
  "ibm866",
  "iso-8859-2",
  "iso-8859-3",
  "iso-8859-4",
  "iso-8859-5",
  "iso-8859-6",
  "iso-8859-7",
  "iso-8859-8",
  "iso-8859-8-i",
  "iso-8859-10",
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
  "iso-8859-16",
  "koi8-r",
  "koi8-u",
  "macintosh",
  "windows-874",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "windows-1258",
  "x-mac-cyrillic",
] as const

const unicode = ["utf-8", "utf-16le", "utf-16be"] as const

const multiByte = ["shift_jis", "euc-jp", "euc-kr", "gbk", "gb18030", "big5"] as const

export const encodings = [...unicode, ...singleByte, ...multiByte] as const
export type Encoding = (typeof encodings)[number]

const canonicalName = (label: string): string | undefined => {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/** The encoding of a name such as `latin1` or `cp1252`, in any case; undefined: none that can be read. */
export const encodingOf = (label: string): Encoding | undefined => {
  const name = canonicalName(label)
  return encodings.find((encoding) => encoding === name)
}

const stateful = /^(?:iso-?2022-|utf-7|hz-gb)/i

/** Why a name is refused. */
export const encodingProblem = (label: string): string =>
  stateful.test(label.trim())
    ? "an encoding without shift sequences: convert the file to UTF-8 first"
    : "utf-8, utf-16le, utf-16be, a name such as windows-1252 or iso-8859-2, shift_jis, euc-jp, euc-kr, gbk, gb18030 or big5"
