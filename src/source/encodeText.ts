// Text in memory as the bytes of a file.

const encoder = new TextEncoder()

/** A byte that UTF-8 does not have. */
const noCharacter = 0xff

/**
 * UTF-8. Half of a surrogate pair becomes a byte that is not valid, and its record a reject: `TextEncoder` would turn it
 * into another character without a word.
 */
export const encodeText = (text: string): Uint8Array => {
  if (text.isWellFormed()) return encoder.encode(text)
  const parts = text.split(/\p{Surrogate}/u).map((part) => encoder.encode(part))
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length + 1, -1)).fill(noCharacter)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length + 1
  }
  return bytes
}
