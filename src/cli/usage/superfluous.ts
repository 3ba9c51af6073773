import { Effect, FileSystem, Option, Path } from "effect"
import type { HelpDoc } from "effect/cli"
import { quote } from "../../text/shell.ts"
import { parseRunName } from "../flags/runName.ts"

/** Words that are listed: a shell may have made thousands of one pattern. */
const mostListed = 3

const areFiles = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const isFile = (word: string) =>
    fs.stat(word).pipe(
      Effect.map(({ type }) => type === "File"),
      Effect.orElseSucceed(() => false),
    )
  return (yield* Effect.forEach(words, isFile)).every(Boolean)
})

/** What was meant, as far as the words tell. */
const advise = Effect.fnUntraced(function* (
  operands: ReadonlyArray<string>,
  { commandPath = [], flags }: HelpDoc.HelpDoc,
  commandNames: ReadonlyArray<string>,
) {
  const takes = (flag: string) => flags.some(({ name }) => name === flag)
  const command = operands.find((word) => commandNames.includes(word))
  if (command !== undefined) return ` A command goes before its flags: etl ${command} ...`
  if (operands.length === 1 && takes("run") && Option.isSome(parseRunName(operands[0]!))) {
    return ` For that run: ${commandPath.join(" ")} --run ${operands[0]}`
  }
  if (takes("source") && (yield* areFiles(operands.slice(0, mostListed)))) {
    const path = yield* Path.Path
    return ` To load several files, name their directory instead: --source ${quote(path.dirname(operands[0]!))}`
  }
  return ""
})

/** Tells that the command takes no such words. */
export const superfluous = Effect.fnUntraced(function* (
  operands: ReadonlyArray<string>,
  helpDoc: HelpDoc.HelpDoc,
  commandNames: ReadonlyArray<string>,
) {
  const { args, commandPath = [] } = helpDoc
  const listed = operands.slice(0, mostListed).map((word) => JSON.stringify(word))
  const more = operands.length - listed.length
  const allowed = args?.[0] === undefined ? "flags and their values only" : `one <${args[0].name}>`
  const quoted = args?.[0]?.required === true ? " (in quotes, where it has spaces)" : ""
  return `${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}: too much. ${commandPath.join(" ")} takes ${allowed}${quoted}.${yield* advise(operands, helpDoc, commandNames)}`
})
