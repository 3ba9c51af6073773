/** A JSON array as text, made from some of its elements after the other. Each text is of whole lines, the last one without its end. */
export const makeJsonArray = () => {
  // A comma follows an element once there is a next one.
  let last: string | undefined
  return {
    /** There is at least one. */
    elements: (some: ReadonlyArray<string>): string => {
      const before = last === undefined ? "[" : `${last},`
      last = some.at(-1)
      return [before, ...some.slice(0, -1).map((text) => `${text},`)].join("\n")
    },
    end: (): string => (last === undefined ? "[]" : `${last}\n]`),
  }
}
