// Writes a JSON array some elements at a time.

/** Each text has whole lines, without the last line end. */
export const makeJsonArray = () => {
  // A comma follows an element once the next one is known.
  let last: string | undefined
  return {
    /** Takes at least one. */
    elements: (some: ReadonlyArray<string>): string => {
      const before = last === undefined ? "[" : `${last},`
      last = some.at(-1)
      return [before, ...some.slice(0, -1).map((text) => `${text},`)].join("\n")
    },
    end: (): string => (last === undefined ? "[]" : `${last}\n]`),
  }
}
