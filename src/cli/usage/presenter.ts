// Prints help, versions and usage errors.

import { Console, Effect, Terminal } from "effect"
import { type CliOutput, type Command, TerminalCapabilities } from "effect/cli"
import { version } from "../../observability/version.ts"
import { printable } from "../../text/printable.ts"
import { formatHelp, usageLine } from "./formatHelp.ts"
import { usageErrors } from "./usageErrors.ts"
import { etl } from "../../text/etl.ts"

const maxWidth = 80
const minWidth = 40

const helpOptions = Effect.gen(function* () {
  const terminal = yield* Terminal.Terminal
  const columns = yield* terminal.columns
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  return {
    width: columns > 0 ? Math.max(minWidth, Math.min(maxWidth, columns)) : maxWidth,
    heading: (text: string) => (canColor ? `\u001b[1m${text}\u001b[0m` : text),
  }
})

/** What a report of a fault has to name: `etl 0.1.0, Node 24.21.0, linux x64`. */
const versionLine = `etl ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`

/** Hides passwords of connection strings. Words are in JSON here: a password ends at a quote at the latest. */
const withoutPasswords = (text: string): string =>
  text
    .replaceAll(/:\/\/\S*@/g, "://***@")
    .replaceAll(/(pass(?:word|wd)?\s*=\s*)(?:'(?:\\.|[^"\\])*|(?:\\.|[^\s&"\\])+)/gi, "$1***")

/** Prints help, and everything that is wrong with `words`: the command line that effect/cli reads. */
export const make = Effect.fnUntraced(function* (words: ReadonlyArray<string>, commandNames: ReadonlyArray<string>) {
  const environment = yield* Effect.context<Command.Environment>()
  const present = Effect.fnUntraced(function* (event: CliOutput.Presenter.Event) {
    switch (event._tag) {
      case "Version":
        return yield* Console.log(versionLine)
      case "Help": {
        const page = formatHelp(event.helpDoc, yield* helpOptions)
        // Without a command, help is an error message: stdout is for results.
        return yield* event.reason === "Requested" ? Console.log(page) : Console.error(page)
      }
      case "InvalidInvocation": {
        const problems = yield* usageErrors(words, commandNames, event)
        const lines = [
          ...problems.map((problem) => printable(withoutPasswords(problem))),
          `Usage: ${usageLine(event.helpDoc)}`,
          `See: ${[etl, ...event.commandPath.slice(1)].join(" ")} --help`,
        ]
        return yield* Console.error(lines.join("\n"))
      }
    }
  })
  const presenter: CliOutput.Presenter = { present: (event) => Effect.provideContext(present(event), environment) }
  return presenter
})
