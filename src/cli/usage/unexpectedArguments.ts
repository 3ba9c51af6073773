// Reports arguments that a command does not take, and suggests what was meant.

import { Effect, FileSystem, Option, Path } from "effect"
import type { HelpDoc } from "effect/cli"
import { quote } from "../../text/shell.ts"
import { parseRunName } from "../flags/runName.ts"
import { etl } from "../../text/etl.ts"

/** A shell may have expanded one pattern to thousands of arguments. */
const maxListed = 3

const areFiles = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const isFile = (word: string) =>
    fs.stat(word).pipe(
      Effect.map(({ type }) => type === "File"),
      Effect.orElseSucceed(() => false),
    )
  return (yield* Effect.forEach(words, isFile)).every(Boolean)
})

/** Suggests `--source WORD`. */
export const didYouMeanSource = (word: string): string => ` Did you mean --source ${quote(word)}?`

export interface UnexpectedOptions {
  readonly commandNames: ReadonlyArray<string>
  /** The only argument is most likely the missing --source. */
  readonly isSource: boolean
}

const advise = Effect.fnUntraced(function* (
  operands: ReadonlyArray<string>,
  { commandPath = [], flags }: HelpDoc.HelpDoc,
  { commandNames, isSource }: UnexpectedOptions,
) {
  if (isSource) return didYouMeanSource(operands[0]!)
  const takes = (flag: string) => flags.some(({ name }) => name === flag)
  const command = operands.find((word) => commandNames.includes(word))
  if (command !== undefined) return ` The command goes before its flags: ${etl} ${command} ...`
  if (operands.length === 1 && takes("run") && Option.isSome(parseRunName(operands[0]!))) {
    return ` Did you mean ${[etl, ...commandPath.slice(1)].join(" ")} --run ${operands[0]}?`
  }
  if (takes("source") && (yield* areFiles(operands.slice(0, maxListed)))) {
    const path = yield* Path.Path
    return ` To load several files, name their directory: --source ${quote(path.dirname(operands[0]!))}, or put the --pattern in quotes.`
  }
  return ""
})

/** `Unexpected argument "x".`, how many arguments the command takes, and what to do instead. */
export const unexpectedArguments = Effect.fnUntraced(function* (
  operands: ReadonlyArray<string>,
  helpDoc: HelpDoc.HelpDoc,
  options: UnexpectedOptions,
) {
  const { args, commandPath = [] } = helpDoc
  const listed = operands.slice(0, maxListed).map((word) => JSON.stringify(word))
  const more = operands.length - listed.length
  const quoted = args?.[0]?.required === true ? "; quote it if it contains spaces" : ""
  const allowed = args?.[0] === undefined ? "" : ` ${commandPath.join(" ")} takes one <${args[0].name}>${quoted}.`
  return `Unexpected argument${operands.length > 1 ? "s" : ""} ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}.${allowed}${yield* advise(operands, helpDoc, options)}`
})
