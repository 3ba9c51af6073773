import { Console, Effect, Layer, Logger, LogLevel, Predicate, References, Runtime, Schema } from "effect"

/** The log's file cannot be written. */
class LogFileError extends Schema.TaggedError<LogFileError>()("LogFileError", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
}

/** Text from a file or a server, made harmless for a terminal: control characters become visible. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

/** One JSON object a line: time, level, step, message, and what the event is annotated with. */
const jsonLine = Logger.map(Logger.formatStructured, ({ timestamp, level, message, annotations, cause }) => {
  const { step = "ETL", ...details } = annotations
  return JSON.stringify({ time: timestamp, level, step, message, ...details, cause })
})

/** Short plain lines on stderr; details stay in the file. */
const terminal = Logger.make(({ message, logLevel, fiber }) => {
  if (LogLevel.isLessThan(logLevel, "Info")) return
  const parts = Array.isArray(message) ? message : [message]
  fiber.getRef(Console.Console).error(printable(parts.map(String).join(" ")))
})

/** The log: everything to the file, appended; what a person should see to stderr too. */
export const layer = (path: string) =>
  Layer.merge(
    Logger.layer([
      terminal,
      Logger.toFile(jsonLine, path, { flag: "a", batchWindow: "200 millis" }).pipe(
        Effect.mapError(
          (error) => new LogFileError({ message: `--logfile: ${path} cannot be written: ${error.message}` }),
        ),
      ),
    ]),
    Layer.succeed(References.MinimumLogLevel, "Debug"),
  )

/** Whether the person knows of the error. */
export const isReported = (error: object): boolean =>
  Runtime.errorReported in error && error[Runtime.errorReported] === false

/** Logs an error that ends the command, once. */
export const logFailure = Effect.fnUntraced(function* (error: unknown) {
  if (!Predicate.isObjectKeyword(error) || isReported(error)) return
  if (!("message" in error) || !Predicate.isString(error.message) || error.message === "") return
  yield* Effect.logError(error.message)
  // Tells `runMain`, and ourselves, that the person knows.
  Object.assign(error, { [Runtime.errorReported]: false })
})
