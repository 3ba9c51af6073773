// The words that programs write for no value.

/** In lower case; `""` is null without a word. */
export const nullWords: ReadonlyArray<string> = [
  "null",
  "(null)",
  "<null>",
  "n/a",
  "#n/a",
  "na",
  "nan",
  "nat",
  "none",
  "-",
  "unknown",
]

export const longestNullWord = Math.max(...nullWords.map((word) => word.length))
const known = new Set(nullWords)

/** By the first character and the length of a word: a bit for each last character, by its low five bits. */
const lastCharacters = new Int32Array(128 * (longestNullWord + 1))
for (const word of nullWords) {
  for (const first of [word.charCodeAt(0), word.toUpperCase().charCodeAt(0)]) {
    lastCharacters[first * (longestNullWord + 1) + word.length]! |= 1 << (word.charCodeAt(word.length - 1) & 31)
  }
}

const isPrintable = (code: number): boolean => code > 32 && code < 127

/** A letter, or another character that is no blank and begins no word: of most scripts but Latin. */
const isOther = (code: number): boolean => (code > 0xa0 && code < 0x1680) || (code > 0x3000 && code < 0xfeff)

/**
 * Whether a text is one of them, whatever its case and the blanks around it. Asked for each text of a file, so that its
 * length and its ends are looked at first.
 */
export const isNullWord = (text: string): boolean => {
  const { length } = text
  const first = text.charCodeAt(0)
  if (isOther(first)) return false
  const last = text.charCodeAt(length - 1)
  if (isPrintable(first) && isPrintable(last)) {
    if (length > longestNullWord) return false
    if ((lastCharacters[first * (longestNullWord + 1) + length]! & (1 << (last & 31))) === 0) return false
  }
  const trimmed = text.trim()
  return trimmed.length <= longestNullWord && known.has(trimmed.toLowerCase())
}
