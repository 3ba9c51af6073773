// Whether bytes are UTF-8: without a decoder, which would make a text of them.

const isTrail = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** How many bytes the character that begins at `at` has; 0: it is malformed. Bytes after `end` are not those of a trail. */
const lengthOf = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at]!
  const second = bytes[at + 1]
  if (lead < 0xc2 || lead > 0xf4 || !isTrail(second)) return 0
  if (lead < 0xe0) return 2
  if (!isTrail(bytes[at + 2])) return 0
  // No other spelling of shorter characters, no halves of surrogate pairs, nothing after U+10FFFF.
  if (lead < 0xf0) return (lead === 0xe0 && second! < 0xa0) || (lead === 0xed && second! > 0x9f) ? 0 : 3
  if (!isTrail(bytes[at + 3])) return 0
  return (lead === 0xf0 && second! < 0x90) || (lead === 0xf4 && second! > 0x8f) ? 0 : 4
}

/** Of the bytes of a line, after which is a line end. */
export const isUtf8Line = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end;) {
    if (bytes[at]! < 0x80) at++
    else {
      const length = lengthOf(bytes, at)
      if (length === 0) return false
      at += length
    }
  }
  return true
}
