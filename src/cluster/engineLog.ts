// The log of the cluster's engine, in sentences for the people who run a worker.

import { Cause, Effect, Layer, Logger, LogLevel } from "effect"
import { storageFailure } from "./storage.ts"

/** Milliseconds between two equal lines: the engine repeats some of its messages every second. */
const repeatAfter = 60_000

const describe = (message: string, cause: Cause.Cause<unknown>): string => {
  if (/lock storage is (still )?unhealthy/.test(message)) {
    return "The worker has lost its locks in the database: other workers may be given its work until it has them again."
  }
  const reason = storageFailure(cause.reasons.length === 0 ? undefined : Cause.squash(cause))
  return reason === undefined
    ? `The cluster's engine: ${message}.`
    : `The database does not answer the cluster's engine (${reason}). It retries; other workers may be given its work.`
}

const recovery = /has recovered$/

/** Logged by the last worker when it leaves. `follow` reports it to the commands that follow a run. */
const noWorkers = "No healthy runners available"

/**
 * The engine's warnings and errors, each once a minute at most, without its details, which would fill the log: each
 * change of shards is kilobytes.
 */
export const engineLog = Layer.unwrap(
  Effect.gen(function* () {
    const loggers = yield* Logger.CurrentLoggers
    const loggedAt = new Map<string, number>()
    const logger = Logger.make<unknown, void>((options) => {
      const [message] = Array.isArray(options.message) ? options.message : [options.message]
      const words = String(message)
      const isRecovery = recovery.test(words)
      if (words === noWorkers || (!isRecovery && LogLevel.isLessThan(options.logLevel, "Warn"))) return
      const text = isRecovery ? "The database answers the cluster's engine again." : describe(words, options.cause)
      const now = options.date.getTime()
      if (now - (loggedAt.get(text) ?? -repeatAfter) < repeatAfter) return
      loggedAt.set(text, now)
      for (const outer of loggers) outer.log({ ...options, message: [text], cause: Cause.empty })
    })
    return Logger.layer([logger])
  }),
)
