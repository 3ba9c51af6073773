import { Console, Effect, type Layer, Predicate, Runtime, Schema } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import { init, type InitFlags } from "./commands/init.ts"
import { locate, type LocateFlags, type LocateServices } from "./commands/locate.ts"
import { rejects, type RejectsFlags } from "./commands/rejects.ts"
import { run, type RunServices } from "./commands/run.ts"
import { sql, type SqlFlags } from "./commands/sql.ts"
import type { RunFlags } from "./commands/runFlags.ts"
import { quote } from "./domain/shell.ts"
import * as Logging from "./Logging.ts"
import type { ReadOnlyQuery } from "./repo/ReadOnlyQuery.ts"
import type { RejectRepo } from "./repo/RejectRepo.ts"
import type { UserRepo } from "./repo/UserRepo.ts"

/** Makes the services of a command from its flags: `Main` for production, fakes in tests. */
export interface Services<RunError, InitError> {
  readonly run: (flags: RunFlags) => Layer.Layer<RunServices, RunError>
  readonly init: (flags: InitFlags) => Layer.Layer<UserRepo, InitError>
  readonly locate: (flags: LocateFlags) => Layer.Layer<LocateServices, RunError>
  readonly rejects: (flags: RejectsFlags) => Layer.Layer<RejectRepo, InitError>
  readonly sql: (flags: SqlFlags) => Layer.Layer<ReadOnlyQuery, InitError>
}

/** The `etl` command. */
const make = <RunError, InitError>(services: Services<RunError, InitError>, version: string) =>
  Command.make("etl").pipe(
    Command.withDescription("Loads CSV exports of user activity into PostgreSQL"),
    Command.withSubcommands([
      run(services.run, version),
      locate(services.locate, version),
      init(services.init),
      rejects(services.rejects),
      sql(services.sql),
    ]),
  )

const rootFlags = ["--help", "-h", "--version", "--wizard", "--completions"]

/** `etl --source ...` means `etl run --source ...`, as the system that this replaces was called. */
const withDefaultCommand = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0]?.startsWith("-") === true && !rootFlags.includes(args[0].split("=")[0]!) ? ["run", ...args] : args

/** Usage errors without the whole help, and on stderr. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          [
            ...event.errors.map((error) => error.message),
            `See: ${[event.commandPath[0], ...event.commandPath.slice(1), "--help"].join(" ")}`,
          ].join("\n"),
        )
      : CliOutput.defaultPresenter.present(event),
}

/** The command has ended badly, and the person has been told. */
class Ended extends Schema.TaggedError<Ended>()("Ended", { code: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** Tells errors that nobody has told yet; an error that we did not foresee is a defect. */
const report = Effect.fnUntraced(function* (error: unknown) {
  if (CliError.isCliError(error)) return yield* new Ended({ code: 2 })
  if (!Predicate.isError(error) || !(Runtime.errorExitCode in error)) return yield* Effect.die(error)
  if (error.message !== "" && !Logging.isReported(error)) {
    yield* Console.error(Logging.printable(error.message))
  }
  return yield* new Ended({ code: Runtime.getErrorExitCode(error) })
})

/** The command line for people to give again; a connection string may hold a password. */
const commandLine = (args: ReadonlyArray<string>): string =>
  [
    "etl",
    ...args.map((word, index) =>
      args[index - 1] === "--database-url" ? "URL" : quote(word.replace(/^(--database-url=).*/s, "$1URL")),
    ),
  ].join(" ")

/** Runs the command line. Fails with the exit code, after the reason was told on stderr. */
export const execute = <RunError, InitError>(
  services: Services<RunError, InitError>,
  version: string,
  args: ReadonlyArray<string>,
) =>
  Command.runWith(make(services, version), { version })(withDefaultCommand(args)).pipe(
    Effect.catch(report),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.onInterrupt(() =>
      Console.error(Logging.printable(`Interrupted. The same command goes on: ${commandLine(args)}`)),
    ),
  )
