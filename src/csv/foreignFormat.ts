// What bytes are that are not CSV in UTF-8, and what to do about it.

import { type HeaderError, headerError } from "./HeaderError.ts"
import { isUtf8 } from "./Text.ts"

/** One character a byte, so that binary formats can be matched. */
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")

type Format = NonNullable<HeaderError["format"]>

const formats: ReadonlyArray<readonly [beginning: RegExp, format: Format, problem: string]> = [
  [/^\xff\xfe\0\0|^\0\0\xfe\xff/, "UTF-32", "is UTF-32. Convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)."],
  // Without a byte order mark: a NUL beside every character of the header, whose last one may have lost its second
  // half.
  [
    /^(?:[^\0\r\n]\0){2,}[^\0]?$/,
    "UTF-16",
    "is UTF-16 (little-endian) without a byte order mark. Name it with --encoding utf-16le.",
  ],
  [
    /^(?:\0[^\0\r\n]){2,}\0?$/,
    "UTF-16",
    "is UTF-16 (big-endian) without a byte order mark. Name it with --encoding utf-16be.",
  ],
  [/^PK\x03\x04/, "zip", "is a ZIP archive or an Excel workbook. Unpack it, or save it as CSV (UTF-8)."],
  [/^\xd0\xcf\x11\xe0/, "excel", "is an Excel workbook. Save it as CSV (UTF-8)."],
  [/^\x1f\x8b/, "gzip", "is compressed by gzip. Decompress it first."],
  [
    /^(?:BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf)/,
    "compressed",
    "is compressed, but not by gzip. Decompress it first.",
  ],
]

/** Bytes of the file's beginning that are inspected when its header cannot be used. */
const headSize = 4096

/** The error for a file that is not CSV text; undefined for text. `beginning` starts with the header. */
export const foreignFormat = (
  header: Uint8Array,
  beginning: Uint8Array,
  isLinked: boolean,
): HeaderError | undefined => {
  const head = beginning.subarray(0, headSize)
  const line = latin1(header.subarray(0, headSize))
  // Of a file whose header is not known more than a line is given.
  const [first = ""] = line.split(/[\r\n]/, 1)
  const found = formats.find(([beginning]) => beginning.test(first))
  if (found !== undefined) return headerError("foreignFormat", `The file ${found[2]}`, { format: found[1] })
  const isBinary = line.includes("\0") || (!isUtf8(header) && /[\0-\x08\x0e-\x1f]/.test(latin1(head)))
  const bytes = isLinked ? "" : ` (it begins with the bytes ${hex(head)})`
  return isBinary
    ? headerError("foreignFormat", `The file does not look like CSV text${bytes}. Export it as CSV.`, {
        format: "binary",
      })
    : undefined
}
