// The `etl` command: the list of its commands, and how a command line is run.

import { type Array, Console, Effect, Predicate, Runtime, Schema } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Advice, explain } from "../observability/Advice.ts"
import { version } from "../observability/version.ts"
import * as Logging from "../observability/Logging.ts"
import { printable } from "../text/printable.ts"
import { advise } from "./advice.ts"
import { cancel } from "./commands/cancel.ts"
import { check } from "./commands/check.ts"
import { follow } from "./commands/follow.ts"
import { help } from "./commands/help.ts"
import { init } from "./commands/init.ts"
import { inspect } from "./commands/inspect.ts"
import { locate } from "./commands/locate.ts"
import { rejects } from "./commands/rejects.ts"
import { report } from "./commands/report.ts"
import { run } from "./commands/run.ts"
import { runs } from "./commands/runs.ts"
import { sql } from "./commands/sql.ts"
import { worker } from "./commands/worker.ts"
import { describeDefect } from "./Defect.ts"
import { variables } from "./dotEnv.ts"
import { CommandLine } from "./invocation.ts"
import { withUsage } from "./usage/CommandUsage.ts"
import { runExitCodes } from "./usage/exitCodes.ts"
import * as GlobalFlags from "./usage/globalFlags.ts"
import { pages } from "./usage/pages.ts"
import * as Presenter from "./usage/presenter.ts"
import { sameCommand } from "./usage/sameCommand.ts"

/** A command that needs nothing but the platform. */
type AnyCommand = Command.Command<any, never, {}, unknown, Command.Environment>

/** In the order of the help. */
export const commands: Array.NonEmptyReadonlyArray<AnyCommand> = [
  run,
  locate,
  worker,
  follow,
  cancel,
  inspect,
  check,
  runs,
  rejects,
  report,
  sql,
  init,
]

const notes = [
  "Flags override environment variables, which override a .env file in the current directory, which overrides defaults. If no flag and no variable names a server, the embedded PostgreSQL is used.",
  `A .env file sets only ${variables.join(", ")}. PATH, NODE_OPTIONS, AWS_PROFILE and all others come from the environment.`,
  "etl --source ... is short for etl run --source ...",
]

/** The `etl` command. */
const make = (commands: Array.NonEmptyReadonlyArray<AnyCommand>) => {
  const showHelp = (name: string | undefined): Effect.Effect<void> =>
    GlobalFlag.Help.run(true, {
      command: etl,
      commandPath: name === undefined ? ["etl"] : ["etl", name],
      version,
      builtIns: GlobalFlags.config.builtIns,
    })
  const names = commands.map(({ name }) => name)
  const etl = Command.make("etl").pipe(
    Command.withDescription(
      "Loads CSV exports of user activity, from a folder or an S3 bucket, into PostgreSQL: one row per user, each IP address turned into a place.",
    ),
    Command.withExamples([
      { command: "etl --source ./input/", description: "Load a folder" },
      { command: "etl rejects --out fix.csv", description: "Write what could not be loaded, to correct it" },
    ]),
    withUsage({ exitCodes: runExitCodes, pages, notes }),
    Command.withSubcommands([...commands, help(names, showHelp)]),
  )
  return etl
}

const rootFlag = /^(?:--help|-h|--version|-v|--completions)(?:=|$)/

/** The index of the command's name, or of what is there instead. */
const commandAt = (args: ReadonlyArray<string>): number =>
  args[0] === "--log-level" ? 2 : args[0]?.startsWith("--log-level=") === true ? 1 : 0

/** `etl --source ...` means `etl run --source ...`, as with the system that this replaces. */
const withDefaultCommand = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const word = args[commandAt(args)]
  return word?.startsWith("-") === true && !rootFlag.test(word) ? ["run", ...args] : args
}

/** The command failed, and the reason is printed. */
class Ended extends Schema.TaggedError<Ended>()("Ended", { code: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** No log has the defect: prints it with its stack. */
const reportDefect = Effect.fnUntraced(function* (defect: unknown) {
  const stack = Predicate.isError(defect) && defect.stack !== undefined ? defect.stack.split("\n") : []
  yield* Console.error([`${describeDefect(defect)}, with the lines below.`, ...stack].map(printable).join("\n"))
  return yield* new Ended({ code: 1 })
})

/** Prints an error that is not printed yet; an error without an exit code is a defect. */
const reportError = Effect.fnUntraced(function* (error: unknown) {
  // The presenter has printed usage errors, and the help if no command was named.
  if (CliError.isCliError(error)) return yield* new Ended({ code: 2 })
  if (!Predicate.isError(error) || !(Runtime.errorExitCode in error)) return yield* reportDefect(error)
  if (error.message !== "" && !Logging.isReported(error)) {
    yield* Console.error(printable(yield* explain(error)))
  }
  return yield* new Ended({ code: Runtime.getErrorExitCode(error) })
})

/** The message of an interrupted command: how to resume it, if it can be resumed. */
const interrupted = (args: ReadonlyArray<string>): string => {
  const words = withDefaultCommand(args)
  const command = words[commandAt(words)] ?? ""
  if (command === "worker") return "Interrupted. Other workers continue its work."
  const isStdin = words.some(
    (word, index) => word === "--source=-" || (word === "-" && words[index - 1] === "--source"),
  )
  // With --cluster the command itself has printed how, of standard input the run what is committed.
  const isLast = words.includes("--dry-run") || words.includes("--cluster") || (isStdin && !words.includes("--aws"))
  const canResume = ["run", "locate"].includes(command) && !isLast
  return `Interrupted.${canResume ? ` To resume, run: ${sameCommand(args)}` : ""}`
}

/** Runs the command line. Prints why it fails on stderr, and fails with the exit code. */
export const execute = (commands: Array.NonEmptyReadonlyArray<AnyCommand>, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const words = withDefaultCommand(args)
    const etl = make(commands)
    const names = etl.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
    const run = Command.runWith(etl, { version })(words)
    return yield* Effect.provideService(run, CliOutput.Presenter, yield* Presenter.make(words, names))
  }).pipe(
    Effect.catch(reportError),
    Effect.catchDefect(reportDefect),
    Effect.provideService(CommandLine, args),
    Effect.provideService(Advice, advise),
    Effect.provideService(CliConfig.CliConfig, GlobalFlags.config),
    Effect.onInterrupt(() => Console.error(printable(interrupted(args)))),
  )
