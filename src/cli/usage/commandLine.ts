// Sorts the words of a command line that effect/cli has rejected.

import type { HelpDoc } from "effect/cli"

/** The words of a command line, by kind. */
export interface SortedWords {
  /** The values of each known flag, in order; `true` or `false` for a switch. */
  readonly flags: Readonly<Record<string, ReadonlyArray<string>>>
  /** Known flags whose required value is missing. */
  readonly valueless: ReadonlySet<string>
  /** Unknown flags as written, without a value. */
  readonly unknown: ReadonlyArray<string>
  readonly operands: ReadonlyArray<string>
}

/** A word that is a flag; `-3` and `-` are values. */
const isFlag = (word: string | undefined): word is string => word !== undefined && /^-(?!\.?\d|$)/.test(word)

const isBooleanLiteral = (word: string | undefined): word is string =>
  word !== undefined && /^(?:true|false|yes|no|on|off|y|n|1|0)$/.test(word)

/** `-abc` is `-a -b -c`; a value may follow `=`. */
const splitFlag = (word: string): ReadonlyArray<readonly [written: string, value: string | undefined]> => {
  const [, written = "", value] = /^([^=]+)(?:=(.*))?$/s.exec(word) ?? []
  if (written.startsWith("--")) return [[written, value]]
  const letters = Array.from(written.slice(1), (letter) => `-${letter}`)
  return letters.map((letter, index) => [letter, index === letters.length - 1 ? value : undefined] as const)
}

/**
 * Sorts the words that follow a command's name by the flags that it knows. effect/cli has already rejected them, but
 * reports only the first error: this is for reporting all of them.
 */
export const sortWords = (
  words: ReadonlyArray<string>,
  known: ReadonlyArray<HelpDoc.FlagDoc>,
  takesOperands: boolean,
): SortedWords => {
  const names = new Map(
    known.flatMap((flag) => [`--${flag.name}`, ...flag.aliases].map((name) => [name, flag] as const)),
  )
  const flags = Object.fromEntries(known.map(({ name }) => [name, new Array<string>()]))
  const valueless = new Set<string>()
  const unknown: Array<string> = []
  const operands: Array<string> = []

  const end = words.includes("--") ? words.indexOf("--") : words.length
  let index = 0
  /** The next word, if it may be the value of a flag. */
  const nextValue = () => (index < end && !isFlag(words[index]) ? words[index] : undefined)
  while (index < end) {
    const word = words[index++]!
    if (!isFlag(word)) {
      operands.push(word)
      continue
    }
    for (const [written, given] of splitFlag(word)) {
      const flag = names.get(written)
      if (flag === undefined) {
        unknown.push(written)
        // The next word is most likely its value.
        if (given === undefined && !takesOperands && nextValue() !== undefined) index++
      } else if (given !== undefined) flags[flag.name]!.push(given)
      else if (flag.type === "boolean") flags[flag.name]!.push(isBooleanLiteral(nextValue()) ? words[index++]! : "true")
      else if (nextValue() === undefined) valueless.add(flag.name)
      else flags[flag.name]!.push(words[index++]!)
    }
  }
  return { flags, valueless, unknown, operands: [...operands, ...words.slice(end + 1)] }
}
