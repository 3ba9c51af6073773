// Which files of a source are read: those with usual names, or those that a pattern takes.

import picomatch from "picomatch"
import { type Fate, fateOf, fateUnder } from "../domain/fileName.ts"

/** Decides on files and folders. */
export interface Choice {
  /** The fate of a file, by its path below the source, with slashes. */
  readonly fateOf: (path: string) => Fate
  /** Whether files may be taken from a folder of this name, so many folders below the source's own. */
  readonly enters: (name: string, depth: number) => boolean
  /** Text with which the path of every taken file begins. */
  readonly beginning: string
}

/** The usual names, in the source's own folder. */
export const usual: Choice = { fateOf, enters: () => false, beginning: "" }

/** A leading `!` is text, `*` matches line breaks too, and `\` escapes on Windows too. */
const options = { nonegate: true, flags: "s", windows: false }

const opening = "([{"
const closing = ")]}"

/** The pattern's parts between slashes. A slash in brackets ends none. */
const partsOf = (pattern: string): ReadonlyArray<string> => {
  const parts = [""]
  let depth = 0
  for (const character of pattern.match(/\\.|./gsu) ?? []) {
    if (opening.includes(character)) depth++
    else if (closing.includes(character)) depth = Math.max(0, depth - 1)
    if (character === "/" && depth === 0) parts.push("")
    else parts.push(parts.pop()! + character)
  }
  return parts
}

/** Whether a part stands for any number of folders. */
const isAnyDepth = (part: string): boolean => part.includes("**") || part.includes("/")

/** Files that the pattern takes, by their paths below the source. See picomatch for its syntax. */
export const chosenBy = (pattern: string): Choice => {
  const parts = partsOf(pattern)
  const open = parts.findIndex(isAnyDepth)
  const folders = parts.slice(0, open < 0 ? -1 : open).map((part) => picomatch(part, options))
  const isTaken = picomatch(pattern, options)
  const namesHidden = /(?:^|[/{(,|])\\?\./.test(pattern)
  return {
    fateOf: (path) => fateUnder(path, isTaken(path), namesHidden),
    enters: (name, depth) => {
      const folder = folders[depth]
      return folder === undefined ? open >= 0 && (namesHidden || !name.startsWith(".")) : folder(name)
    },
    // Also a/** takes a file that is named a.
    beginning: /^[\p{L}\p{N}_=/. -]*/u.exec(pattern)![0].replace(/\/$/, ""),
  }
}
