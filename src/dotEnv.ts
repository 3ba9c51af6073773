import { readFileSync, statSync } from "node:fs"
import { parseEnv } from "node:util"

const assignment = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`|[^\n]*).*$/gm

/** The first line that is neither an assignment nor a comment nor blank; what it says may be a secret. */
const malformedLine = (text: string): number | undefined => {
  // What is quoted may go over several lines: these stay, so that the number is right.
  const rest = text.replaceAll(assignment, (lines) => lines.replaceAll(/[^\n]/g, ""))
  const index = rest.split("\n").findIndex((line) => !/^\s*(?:#|$)/.test(line))
  return index === -1 ? undefined : index + 1
}

/**
 * Sets the variables of a file of `NAME=value` lines, if it is there, and gives their names; those that are set win. Throws an Error that says
 * what is wrong with the file: a line that is not understood might have named the database.
 */
export const loadDotEnv = (path: string): ReadonlySet<string> => {
  let text: string
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    // Python keeps its virtual environments in directories of that name.
    if (stat === undefined || stat.isDirectory()) return new Set()
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)).replaceAll(/\r\n?/g, "\n")
  } catch (error) {
    const why =
      error instanceof TypeError ? "it is not UTF-8 text" : error instanceof Error ? error.message : String(error)
    throw new Error(`${path} cannot be read: ${why}. Mend it, or remove it.`, { cause: error })
  }
  const line = malformedLine(text)
  if (line !== undefined || text.includes("\0")) {
    throw new Error(`${path}:${line ?? 1}: the line is not NAME=value. Mend it, or begin it with # to leave it out.`)
  }
  const unset = Object.entries(parseEnv(text)).filter(([name]) => process.env[name] === undefined)
  for (const [name, value] of unset) process.env[name] = value
  return new Set(unset.map(([name]) => name))
}
