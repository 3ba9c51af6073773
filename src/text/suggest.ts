// Suggests names for a misspelt word.

/**
 * Insertions, deletions and replacements of characters, and swaps of neighbours, that turn one word into the other
 * (optimal string alignment).
 */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (from[i] === to[j] ? 0 : 1)
      const isSwapped = i > 0 && j > 0 && from[i] === to[j - 1] && from[i - 1] === to[j]
      const swapped = isSwapped ? before[j - 1]! + 1 : Infinity
      next.push(Math.min(replaced, swapped, row[j + 1]! + 1, next[j]! + 1))
    }
    before = row
    row = next
  }
  return row[to.length]!
}

const maxTypos = 2
const maxSuggestions = 3

/** The only name that starts with the word; or else the nearest names; or else those that it shortens or extends. */
export const suggestions = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const longer = word.length > 1 ? names.filter((name) => name.startsWith(word)) : []
  if (longer.length === 1) return longer
  // Two typos could turn a short word into any other.
  const limit = Math.min(maxTypos, Math.floor(word.length / 2))
  const ranked = names.map((name) => ({ name, typos: distance(word, name) }))
  const nearest = Math.min(...ranked.map(({ typos }) => typos))
  const found =
    nearest <= limit
      ? ranked.filter(({ typos }) => typos === nearest).map(({ name }) => name)
      : [...longer, ...names.filter((name) => name.length > 1 && word.startsWith(name))]
  return found.slice(0, maxSuggestions)
}

/** ` Did you mean this or that?`, or nothing. */
export const didYouMean = (word: string, names: ReadonlyArray<string>): string => {
  const found = suggestions(word, names)
  return found.length === 0 ? "" : ` Did you mean ${found.join(" or ")}?`
}
