// Finds everything that is wrong with a command line.

import { Context, Effect, FileSystem } from "effect"
import { CliConfig, type CliError, type CliOutput, type Command, type HelpDoc, type Param } from "effect/cli"
import { type SortedWords, sortWords } from "./commandLine.ts"
import { CommandUsage, keyOf } from "./CommandUsage.ts"
import * as GlobalFlags from "./globalFlags.ts"
import { didYouMean, suggestions } from "../../text/suggest.ts"
import { didYouMeanSource, unexpectedArguments } from "./unexpectedArguments.ts"

/** The names that an unknown flag may stand for. A single letter gets no suggestion: every flag would be near. */
const namesLike = (flag: string, flags: ReadonlyArray<HelpDoc.FlagDoc>): ReadonlyArray<string> =>
  flag.length > 2 ? flags.map(({ name }) => `--${name}`) : []

const unknownFlag = (flag: string, flags: ReadonlyArray<HelpDoc.FlagDoc>): string =>
  `Unknown flag ${flag}.${didYouMean(flag, namesLike(flag, flags))}`

/** The words of a list of effect/cli, such as `"bash" | "zsh"`; empty for any other text. */
const choicesOf = (text: string): ReadonlyArray<string> =>
  /^"[^"]*"(?: \| "[^"]*")+$/.test(text) ? text.slice(1, -1).split('" | "') : []

const invalidValue = (error: CliError.InvalidValue, line: SortedWords): string => {
  const name = error.kind === "argument" ? `<${error.option}>` : `--${error.option}`
  const given = error.kind === "argument" ? 1 : (line.flags[error.option]?.length ?? 0)
  if (given > 1) return `${name} is given ${given} times; give it once.`
  const text = error.expected.replace(/^Expected:? /, "")
  const choices = choicesOf(text)
  const isSwitch = choices.includes("true") && choices.includes("false")
  const expected = choices.length === 0 ? text : isSwitch ? "true or false" : choices.join(", ")
  if (error.value === "") return `${name} is empty: expected ${expected}.`
  return `Invalid value ${JSON.stringify(error.value)} for ${name}: expected ${expected}.${didYouMean(error.value, choices)}`
}

const unknownCommand = Effect.fnUntraced(function* (word: string, names: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const isPath = yield* Effect.orElseSucceed(fs.exists(word), () => false)
  const meant = isPath ? didYouMeanSource(word) : didYouMean(word, names)
  return `Unknown command ${JSON.stringify(word)}.${meant} Commands: ${names.join(", ")}.`
})

/** A word with `=` may be a connection string with a password, which is not repeated in a suggestion. */
const mayBePath = (word: string, commandNames: ReadonlyArray<string>): boolean =>
  !word.includes("=") && !commandNames.includes(word)

/** Why a flag or an argument could not be read. */
const describe = (error: CliError.CliError, line: SortedWords, flags: ReadonlyArray<HelpDoc.FlagDoc>): string => {
  switch (error._tag) {
    case "MissingOption": {
      const type = flags.find(({ name }) => name === error.option)?.type
      return `--${error.option}${type === undefined ? "" : ` ${type}`} is required.`
    }
    case "MissingArgument":
      return `<${error.argument}> is required.`
    case "InvalidValue":
      return invalidValue(error, line)
    default:
      return error.message
  }
}

/** Everything that is wrong with the words of an invocation that effect/cli has rejected, one text for each error. */
export const usageErrors = Effect.fnUntraced(function* (
  words: ReadonlyArray<string>,
  commandNames: ReadonlyArray<string>,
  { commandPath, errors, helpDoc }: CliOutput.Presenter.InvalidInvocation,
): Effect.fn.Return<ReadonlyArray<string>, never, Command.Environment> {
  const { checks, config } = Context.get(helpDoc.annotations, CommandUsage)
  const flags = [...helpDoc.flags, ...(helpDoc.globalFlags ?? []).map(GlobalFlags.describe)]
  const command = words.indexOf(commandPath.at(-1) ?? "")
  const isRoot = commandPath.length === 1
  const line = sortWords(isRoot ? words : words.toSpliced(command, 1), flags, helpDoc.args !== undefined)

  if (isRoot && line.operands[0] !== undefined) return [yield* unknownCommand(line.operands[0], commandNames)]
  const problems = line.unknown.map((flag) => unknownFlag(flag, flags))
  const isSourceMissing = line.flags["source"]?.length === 0 && !line.valueless.has("source")
  const isSource = isSourceMissing && line.operands.length === 1 && mayBePath(line.operands[0]!, commandNames)
  const suggested = new Set([
    ...line.unknown.flatMap((flag) => suggestions(flag, namesLike(flag, flags))),
    ...(isSource ? ["--source"] : []),
  ])
  for (const name of line.valueless) {
    const type = flags.find((flag) => flag.name === name)?.type ?? ""
    problems.push(`--${name} requires a value: --${name} ${type}.`)
  }

  let operands = line.operands
  const values: Record<string, unknown> = {}
  const unread = new Set([...line.valueless].map(keyOf))
  const { builtIns } = yield* CliConfig.CliConfig
  const everywhere = builtIns.map(({ flag }): readonly [string, Param.Any] => ["", flag])
  for (const [key, param] of [...Object.entries(config), ...everywhere]) {
    if (unread.has(key)) continue
    const outcome = yield* Effect.result(param.parse({ flags: line.flags, arguments: operands }))
    if (outcome._tag === "Success") {
      values[key] = outcome.success[1]
      operands = outcome.success[0]
    } else {
      // A flag that another message suggests is not reported as missing too.
      const isSuggested = outcome.failure._tag === "MissingOption" && suggested.has(`--${outcome.failure.option}`)
      if (!isSuggested) problems.push(describe(outcome.failure, line, flags))
      if (param.kind === "argument") operands = operands.slice(1)
    }
  }
  if (operands.length > 0) problems.push(yield* unexpectedArguments(operands, helpDoc, { commandNames, isSource }))
  for (const { keys, problem } of checks) {
    const text = keys.every((key) => key in values) ? problem(values) : undefined
    if (text !== undefined) problems.push(text)
  }
  return problems.length > 0 ? problems : errors.map(({ message }) => message)
})
