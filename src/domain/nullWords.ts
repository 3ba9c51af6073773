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

/** Whether a text is one of them, whatever its case and the blanks around it. */
export const isNullWord = (text: string): boolean => {
  // Most dates and addresses begin with a digit, no word does.
  const first = text.charCodeAt(0)
  if (first >= 48 && first <= 57) return false
  // Few texts are so short: the others need no other case.
  if (text.length > longest && text.trim().length > longest) return false
  return known.has(text.trim().toLowerCase())
}
