// The log: short lines for people on stderr, JSON lines in a file.

import { styleText } from "node:util"
import {
  Cause,
  Console,
  Effect,
  FileSystem,
  Layer,
  Logger,
  LogLevel,
  Option,
  type PlatformError,
  Predicate,
  References,
  Runtime,
  Schema,
} from "effect"
import { errnoOf } from "../domain/errno.ts"
import { explain } from "./Advice.ts"
import { printable, toJson } from "../text/printable.ts"

/** The log's file cannot be written. */
class LogFileError extends Schema.TaggedError<LogFileError>()("LogFileError", {
  path: Schema.String,
  reason: Schema.Literals(["link", "pipe", "unwritable"]),
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** One JSON object a line: time, level, step, message, and the annotations. */
const jsonLine = Logger.map(Logger.formatStructured, ({ timestamp, level, message, annotations, cause }) => {
  const { step = "ETL", ...details } = annotations
  return toJson({ time: timestamp, level, step, message, ...details, cause })
})

/** Warnings and errors are coloured, where stderr shows colours. */
const coloured = (level: LogLevel.LogLevel, line: string): string => {
  if (LogLevel.isLessThan(level, "Warn")) return line
  return styleText(LogLevel.isLessThan(level, "Error") ? "yellow" : "red", line, { stream: process.stderr })
}

/** Short plain lines on stderr, from a level on; details are in the file only, unless the level is debug. */
const terminal = (least: LogLevel.LogLevel) =>
  Logger.make(({ cause, message, logLevel, fiber }) => {
    if (LogLevel.isLessThan(logLevel, least)) return
    const parts = Array.isArray(message) ? message : [message]
    const text = printable(parts.map(String).join(" "))
    const console = fiber.getRef(Console.Console)
    if (LogLevel.isGreaterThanOrEqualTo(least, "Info")) return console.error(coloured(logLevel, text))
    const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations))
    const details = annotations.map(([name, value]) => printable(` ${name}=${JSON.stringify(value)}`))
    const stack = cause.reasons.length > 0 ? Cause.pretty(cause).split("\n").map(printable) : []
    console.error([coloured(logLevel, `${logLevel.toUpperCase()} ${text}${details.join("")}`), ...stack].join("\n"))
  })

const advise = ({ reason }: PlatformError.PlatformError): string => {
  if (reason._tag === "NotFound") return "Create its directory, or name another file."
  if (reason._tag === "PermissionDenied") return "Allow this user to write there, or name another file."
  return "Name another file."
}

/** Streams of a process, which the system shows as links: no user can plant one. */
const stream = /^\/(?:dev\/(?:stdout|stderr|fd\/\d+)|proc\/(?:self|\d+)\/fd\/\d+)$/

/** Any other link may be planted by another user, so that we append to a file of ours. */
const follows = (path: string): boolean => stream.test(path) || process.platform === "win32"

const throughLink = (path: string) =>
  new LogFileError({
    path,
    reason: "link",
    message: `The log file ${path} is a symbolic link, and the log is not written through one. Remove it, or name the file that it leads to.`,
  })

/** Why the log is not written to the path, whatever its permissions; undefined: nothing prevents it. */
export const unfit = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if (follows(path)) return undefined
  if (yield* Effect.isSuccess(fs.readLink(path))) return throughLink(path)
  const info = yield* Effect.option(fs.stat(path))
  // Opening it waits for a reader, and nothing ends that wait.
  if (!Option.exists(info, ({ type }) => type === "FIFO")) return undefined
  const message = `The log file ${path} is a named pipe. Name a file, or /dev/stderr.`
  return new LogFileError({ path, reason: "pipe", message })
})

/**
 * Appends lines to the file, which is made for its owner alone. A full disk does not end the command; it is reported,
 * once.
 */
const file = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const cannotWrite = (error: PlatformError.PlatformError) =>
    `The log file ${path} cannot be written (${errnoOf(error) ?? error.message}).`
  const unwritable = (error: PlatformError.PlatformError) =>
    errnoOf(error) === "ELOOP"
      ? throughLink(path)
      : new LogFileError({ path, reason: "unwritable", message: `${cannotWrite(error)} ${advise(error)}` })
  const problem = yield* unfit(path)
  if (problem !== undefined) return yield* problem
  const log = yield* fs
    .open(path, { flag: "a", mode: 0o600, noFollow: !follows(path) })
    .pipe(Effect.mapError(unwritable))
  let failed = false
  const append = (lines: ReadonlyArray<string>) =>
    // After a failure the last line may be incomplete.
    log.writeAll(new TextEncoder().encode(`${failed ? "\n" : ""}${lines.join("\n")}\n`)).pipe(
      Effect.tap(() => Effect.sync(() => (failed = false))),
      Effect.catch((error) => {
        if (failed) return Effect.void
        failed = true
        return Console.error(printable(`${cannotWrite(error)} Lines of the log are lost; the run continues.`))
      }),
    )
  return yield* Logger.batched(jsonLine, { window: "200 millis", flush: append })
})

export interface LogOptions {
  readonly isQuiet: boolean
  /** A command that changes nothing continues without the file, after a warning. */
  readonly isFileOptional: boolean
}

/**
 * Logs debug to the file, appended; and from `--log-level` on to stderr, or, when quiet, only warnings and errors.
 */
export const layer = (path: string, { isFileOptional, isQuiet }: LogOptions) =>
  Layer.unwrap(
    Effect.gen(function* () {
      // A line a chunk, or a request to a service, is of level trace: --log-level debug shows it.
      const level = yield* References.MinimumLogLevel
      const asked = level === "Debug" ? "Trace" : level
      const least = isQuiet && LogLevel.isLessThan(asked, "Warn") ? "Warn" : asked
      const logged = LogLevel.isLessThan(asked, "Debug") ? asked : "Debug"
      const toFile = yield* file(path).pipe(
        Effect.map((logger) => [logger]),
        Effect.catchIf(
          () => isFileOptional,
          Effect.fnUntraced(function* (error) {
            const text = `${yield* explain(error)} Nothing is logged to a file.`
            yield* Console.error(coloured("Warn", printable(text)))
            return []
          }),
        ),
      )
      return Layer.merge(Logger.layer([terminal(least), ...toFile]), Layer.succeed(References.MinimumLogLevel, logged))
    }),
  )

/** Warnings and errors to stderr, and nothing to a file. */
export const withoutFile = Logger.layer([terminal("Warn")])

/** Whether the error has been shown to the person. */
export const isReported = (error: object): boolean =>
  Runtime.errorReported in error && error[Runtime.errorReported] === false

/** A message that the terminal shows in full, and the log's file in other words. */
export const forPerson = (shown: string, logged: string) => ({ toString: () => shown, toJSON: () => logged })

/** Logs an error that ends the command, once. */
export const logFailure = Effect.fnUntraced(function* (error: unknown) {
  if (!Predicate.isObjectKeyword(error) || isReported(error)) return
  if (!("message" in error) || !Predicate.isString(error.message) || error.message === "") return
  yield* Effect.logError(yield* explain(error as { readonly message: string }))
  // `runMain` reads this, and so does `isReported`.
  Object.assign(error, { [Runtime.errorReported]: false })
})
