// Pages of documentation: their files, and the blocks of commands in them.

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

/** The paths of README and of all pages, from the top. */
export const pagePaths: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(join(root, "src/docs"))
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => `src/docs/${name}`),
]

export const readLines = (path: string): ReadonlyArray<string> => readFileSync(join(root, path), "utf8").split("\n")

/** What a cell of a table has in backticks. */
export const codesOf = (cell: string): ReadonlyArray<string> =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code!)

/** A fenced block. */
export interface Block {
  /** What follows the opening fence: a language, and for `sh` perhaps `no-run` or `exit=3`. */
  readonly info: string
  /** Of its first line, from 1 on. */
  readonly line: number
  readonly text: string
}

export const blocksOf = (lines: ReadonlyArray<string>): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let start: number | undefined
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("```")) continue
    if (start === undefined) start = index
    else {
      blocks.push({
        info: lines[start]!.slice(3),
        line: start + 2,
        text: lines.slice(start + 1, index).join("\n"),
      })
      start = undefined
    }
  }
  return blocks
}

/** Commands that people copy, and what they print. */
export interface Example {
  readonly line: number
  readonly commands: string
  readonly exitCode: number
  /** The lines that the page shows; undefined: it shows none. */
  readonly output: string | undefined
}

/** The commands of a page that are run, in order. A `text` block after them is what they print. */
export const examplesOf = (lines: ReadonlyArray<string>): ReadonlyArray<Example> => {
  const blocks = blocksOf(lines)
  return blocks.flatMap(({ info, line, text }, index) => {
    const [, exitCode] = /^sh(?: exit=(\d+))?$/.exec(info) ?? []
    if (!/^sh(?! no-run$)/.test(info)) return []
    const next = blocks[index + 1]
    const output = next?.info === "text" ? next.text : undefined
    return [{ line, commands: text, exitCode: Number(exitCode ?? 0), output }]
  })
}
