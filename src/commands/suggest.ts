/** Insertions, deletions and replacements of characters that turn one word into the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (from[i] === to[j] ? 0 : 1)
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[to.length]!
}

const mostTypos = 2
const mostSuggestions = 3

/** Which of the names the word may have been meant for: the nearest ones, or those that it abbreviates or extends. */
const near = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  // Of a short word two typos leave nothing.
  const limit = Math.min(mostTypos, Math.floor(word.length / 2))
  const ranked = names.map((name) => ({ name, typos: distance(word, name) }))
  const nearest = Math.min(...ranked.map(({ typos }) => typos))
  const found =
    nearest <= limit
      ? ranked.filter(({ typos }) => typos === nearest)
      : ranked.filter(
          ({ name }) => word.length > 1 && name.length > 1 && (name.startsWith(word) || word.startsWith(name)),
        )
  return found.slice(0, mostSuggestions).map(({ name }) => name)
}

/** ` Did you mean this or that?`, or nothing. */
export const didYouMean = (word: string, names: ReadonlyArray<string>): string => {
  const found = near(word, names)
  return found.length === 0 ? "" : ` Did you mean ${found.join(" or ")}?`
}
