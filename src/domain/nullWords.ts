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

const longest = Math.max(...nullWords.map((word) => word.length))
const known = new Set(nullWords)

/** Whether a word, or a blank before it, begins with the character of this code. */
const canBegin = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(code <= 32 || nullWords.some((word) => word[0] === String.fromCharCode(code).toLowerCase())),
)

/** Whether a text is one of them, whatever its case and the blanks around it. */
export const isNullWord = (text: string): boolean => {
  // Every text of a file is asked: few begin as a word does, and few of those are so short.
  const first = text.charCodeAt(0)
  if (first < 128 && canBegin[first] === 0) return false
  if (text.length > longest && text.trim().length > longest) return false
  return known.has(text.trim().toLowerCase())
}
