import { Cause, Effect, Layer, Logger, LogLevel } from "effect"
import { storageFailure } from "./storage.ts"

/** The engine says each second what it has not got. */
const oncePer = 60_000

const describe = (message: string, cause: Cause.Cause<unknown>): string => {
  if (/lock storage is (still )?unhealthy/.test(message)) {
    return "The worker has lost its locks in the database: others may be given its work until it has them again."
  }
  const reason = storageFailure(cause.reasons.length === 0 ? undefined : Cause.squash(cause))
  return reason === undefined
    ? `Engine of the cluster: ${message}.`
    : `The database does not answer the cluster's engine (${reason}). It tries again; what it holds may be given to other workers.`
}

const back = /has recovered$/

/** Said by the last worker when it leaves; who follows a run is told by `follow`. */
const alone = "No healthy runners available"

/**
 * What the engine says of itself, in sentences for those who run a worker: where something is wrong, and once. Its
 * details would be most of a log: each change of shards is kilobytes.
 */
export const engineLog = Layer.unwrap(
  Effect.gen(function* () {
    const loggers = yield* Logger.CurrentLoggers
    const told = new Map<string, number>()
    const logger = Logger.make<unknown, void>((options) => {
      const [message] = Array.isArray(options.message) ? options.message : [options.message]
      const words = String(message)
      const isBack = back.test(words)
      if (words === alone || (!isBack && LogLevel.isLessThan(options.logLevel, "Warn"))) return
      const text = isBack ? "The database answers the cluster's engine again." : describe(words, options.cause)
      const now = options.date.getTime()
      if (now - (told.get(text) ?? -oncePer) < oncePer) return
      told.set(text, now)
      for (const outer of loggers) outer.log({ ...options, message: [text], cause: Cause.empty })
    })
    return Logger.layer([logger])
  }),
)
