// The thread in which the embedded database runs, and its connections.

import { Duration, Effect, type Scope } from "effect"
import { existsSync, rmSync } from "node:fs"
// Not by name: a bundle may have a createRequire of its own.
import Module from "node:module"
import { Duplex } from "node:stream"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import { DatabaseError, EmbeddedStopped } from "../domain/DatabaseError.ts"

/** What the worker is started with. With `buildAt` it builds a first database there, and ends. */
export interface Task {
  /** Undefined: the database is in memory. */
  readonly directory: string | undefined
  readonly buildAt: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  /** Bytes sent by the worker and not read yet. It pauses while they are too many. */
  readonly unread: Int32Array
}

export type ToWorker =
  | { readonly type: "bytes"; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly connection: number }
  | { readonly type: "close" }

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "bytes"; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly type: "written"; readonly connection: number }
  | { readonly type: "end"; readonly connection: number }
  | { readonly type: "failed"; readonly message: string }

/** A running PGlite. */
export interface PgliteThread {
  /** A new connection, as `PgClient` takes it. Throws EmbeddedStopped once the thread has ended. */
  readonly connect: () => Duplex
}

/** How long PGlite may take to close before its thread is killed, which the database survives. */
const closeTimeout = Duration.seconds(20)

const noWorker = new DatabaseError({
  operation: "open",
  reason: "noWorker",
  message:
    "The embedded database cannot start: the file of its thread, pgliteWorker.js, is neither beside this program nor in " +
    "an installed package user-activity-etl. Install the package where the bundled program runs.",
  retryable: false,
})

/**
 * The file that the thread runs: beside this one in the sources, the published package and the command. A program that
 * bundles this one leaves it in the package.
 */
const findWorker = Effect.try({
  try: () => {
    // A bundle of CommonJS has no import.meta.
    const here = import.meta.url ?? pathToFileURL(__filename).href
    const beside = new URL(here.endsWith(".ts") ? "./pgliteWorker.ts" : "./pgliteWorker.js", here)
    return existsSync(beside)
      ? beside
      : pathToFileURL(Module.createRequire(here).resolve("user-activity-etl/pgliteWorker"))
  },
  catch: () => noWorker,
})

/** The client's end of a connection. A write is done when the worker has answered it. */
class Socket extends Duplex {
  readonly #send: (message: ToWorker) => void
  readonly #consumed: (bytes: number) => void
  readonly #id: number
  readonly #inbox: Array<Uint8Array> = []
  #wanted = false
  #written: (() => void) | undefined

  constructor(id: number, send: (message: ToWorker) => void, consumed: (bytes: number) => void) {
    super()
    this.#id = id
    this.#send = send
    this.#consumed = consumed
    this.once("finish", () => this.destroy())
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#written = callback
    this.#send({ type: "bytes", connection: this.#id, bytes: new Uint8Array(chunk) })
  }

  override _read(): void {
    this.#wanted = true
    while (this.#wanted && this.#inbox.length > 0) {
      const bytes = this.#inbox.shift()!
      this.#consumed(bytes.length)
      this.#wanted = this.push(bytes)
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    for (const bytes of this.#inbox.splice(0)) this.#consumed(bytes.length)
    this.#send({ type: "end", connection: this.#id })
    callback(error)
  }

  receive(bytes: Uint8Array): void {
    this.#inbox.push(bytes)
    if (this.#wanted) this._read()
  }

  written(): void {
    this.#written?.()
  }
}

/** For people: `The embedded database in .etl/pgdata`. */
const nameOf = ({ directory }: Task): string => `The embedded database in ${directory ?? "memory"}`

const stoppedMessage = (task: Task, why: string): string =>
  `${nameOf(task)} stopped: ${why}. ${task.directory === undefined ? "Its data is lost." : "What was committed is kept: open it again."}`

const launch = (url: URL, task: Task) => {
  const worker = new Worker(url, { workerData: task })
  let why: string | undefined
  worker.on("message", (message: FromWorker) => {
    if (message.type === "failed") why ??= message.message
  })
  worker.on("error", (error) => {
    why ??= error.message
  })
  return { worker, whyStopped: () => why }
}

const remedyOf = (why: string): string =>
  / no space left/i.test(why) ? " Free some, or use another folder." : " Use another folder."

const openError = (task: Task, why = "its thread ended"): DatabaseError =>
  new DatabaseError({
    operation: "open",
    reason: "unusable",
    message: `${nameOf(task)} cannot be opened: ${why}.${task.directory === undefined ? "" : remedyOf(why)}`,
    ...(task.directory !== undefined && { setting: "directory" }),
    retryable: false,
  })

/** Builds a first database at `buildAt`; nothing is left there if that fails. Takes seconds. */
export const build = Effect.fn("PgliteThread.build")(function* (task: Task) {
  const url = yield* findWorker
  return yield* Effect.callback<void, DatabaseError>((resume) => {
    const { worker, whyStopped } = launch(url, task)
    worker.once("exit", (code) => {
      resume(code === 0 ? Effect.void : Effect.fail(openError(task, whyStopped())))
    })
    return Effect.promise(async () => {
      await worker.terminate()
      if (task.buildAt !== undefined) rmSync(task.buildAt, { recursive: true, force: true })
    })
  })
})

/** Opens a database in a thread of its own until the scope closes. */
export const start = Effect.fn("PgliteThread.start")(function* (
  task: Task,
): Effect.fn.Return<PgliteThread, DatabaseError, Scope.Scope> {
  const url = yield* findWorker
  return yield* Effect.acquireRelease(
    Effect.callback<PgliteThread & { readonly close: Effect.Effect<void> }, DatabaseError>((resume) => {
      const { worker, whyStopped } = launch(url, task)
      const sockets = new Map<number, Socket>()
      let connections = 0
      let stopped: EmbeddedStopped | undefined

      const consumed = (bytes: number): void => {
        Atomics.sub(task.unread, 0, bytes)
        Atomics.notify(task.unread, 0)
      }
      const send = (message: ToWorker): void => {
        if (stopped !== undefined) return
        if (message.type === "bytes") worker.postMessage(message, [message.bytes.buffer as ArrayBuffer])
        else worker.postMessage(message)
      }
      const connect = (): Duplex => {
        if (stopped !== undefined) throw stopped
        const id = ++connections
        const socket = new Socket(id, send, consumed)
        sockets.set(id, socket)
        socket.once("close", () => sockets.delete(id))
        return socket
      }
      const close = Effect.callback<void>((done) => {
        if (stopped !== undefined) return done(Effect.void)
        worker.once("exit", () => done(Effect.void))
        worker.postMessage({ type: "close" } satisfies ToWorker)
      }).pipe(
        Effect.timeoutOrElse({
          duration: closeTimeout,
          orElse: () => Effect.promise(() => worker.terminate()),
        }),
      )

      worker.on("message", (message: FromWorker) => {
        switch (message.type) {
          case "ready":
            return resume(Effect.succeed({ connect, close }))
          case "bytes": {
            const socket = sockets.get(message.connection)
            if (socket === undefined || socket.destroyed) return consumed(message.bytes.length)
            return socket.receive(message.bytes)
          }
          case "written":
            return sockets.get(message.connection)?.written()
          case "end":
            sockets.get(message.connection)?.destroy()
        }
      })
      worker.once("exit", () => {
        const why = whyStopped()
        stopped = new EmbeddedStopped(stoppedMessage(task, why ?? "its thread ended"))
        resume(Effect.fail(openError(task, why)))
        for (const socket of sockets.values()) socket.destroy(stopped)
      })
      return Effect.promise(() => worker.terminate())
    }),
    ({ close }) => close,
    { interruptible: true },
  )
})
