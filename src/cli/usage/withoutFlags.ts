// A command line without some of its flags.

export interface LeftOutFlags {
  /** Names of flags that have a value, and of those that have none. */
  readonly valued: ReadonlyArray<string>
  readonly toggles: ReadonlyArray<string>
}

/** The words without these flags and their values. */
export const withoutFlags = (
  words: ReadonlyArray<string>,
  { toggles, valued }: LeftOutFlags,
): ReadonlyArray<string> => {
  const named = (word: string | undefined, names: ReadonlyArray<string>): boolean =>
    names.some((name) => word === `--${name}`)
  const begins = (word: string): boolean => valued.some((name) => word.startsWith(`--${name}=`))
  return words.filter(
    (word, index) => !named(word, toggles) && !named(word, valued) && !begins(word) && !named(words[index - 1], valued),
  )
}
