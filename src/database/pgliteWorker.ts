// The thread that PGlite blocks while it works. It either builds a first database and ends, or serves one: it speaks
// the wire protocol with the sockets of PgliteThread, one connection at a time.

import { PGlite } from "@electric-sql/pglite"
import * as Predicate from "effect/Predicate"
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { parentPort, workerData } from "node:worker_threads"
import { type WireMessage, MessageFramer } from "./MessageFramer.ts"
import type { FromWorker, Task, ToWorker } from "./PgliteThread.ts"
import { initDbStartParams, TemporaryFiles } from "./TemporaryFiles.ts"

// V8's second compiler takes 400 MB for one function, PostgreSQL's interpreter of expressions. A load would take 0.7 of the time.
setFlagsFromString("--no-wasm-tier-up")
setFlagsFromString("--no-wasm-dynamic-tiering")

const port = parentPort!
const task = workerData as Task

const post = (message: FromWorker, bytes?: Uint8Array<ArrayBuffer>): void =>
  port.postMessage(message, bytes === undefined ? [] : [bytes.buffer])

let fatalMessage: string | undefined

/** ENOSPC of PGlite's file system, whose errors have no message. */
const noSpace = 51

const explain = (error: unknown): string => {
  if (Predicate.hasProperty(error, "message")) return `${error.message}`
  if (!Predicate.hasProperty(error, "errno")) return "unknown"
  return error.errno === noSpace ? "its disk has no space left; a new database needs 40 MB" : `error ${error.errno}`
}

const crash = (error: unknown): never => {
  post({ type: "failed", message: fatalMessage ?? explain(error) })
  process.exit(1)
}

const open = (directory: string | undefined): Promise<PGlite> =>
  PGlite.create({
    ...(directory === undefined ? { fs: new TemporaryFiles(), initDbStartParams } : { dataDir: directory }),
    startParams: [
      ...PGlite.defaultStartParams,
      ...Object.entries(task.parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    onStderr: (text) => {
      fatalMessage = /(?:PANIC|FATAL):\s+(.*)/.exec(text)?.[1] ?? fatalMessage
      return false
    },
  })

/** PGlite's files are readable by every user; PostgreSQL's are not. */
const makePrivate = (directory: string): void => {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600)
  }
}

const build = async (buildAt: string): Promise<void> => {
  try {
    mkdirSync(buildAt, { mode: 0o700 })
    const pglite = await open(buildAt)
    await pglite.close()
    makePrivate(buildAt)
  } catch (error) {
    rmSync(buildAt, { recursive: true, force: true })
    throw error
  }
}

interface Connection {
  readonly id: number
  readonly framer: MessageFramer
  /** Its messages that are not answered yet, chunk by chunk. */
  readonly chunks: Array<Array<WireMessage>>
  started: boolean
  ended: boolean
}

/** Bytes of a piece of an answer, about; and how many bytes may be sent before they are read. */
const pieceSize = 256 * 1024
const readAhead = 8 * 1024 * 1024

/** The exit status by which PGlite reports an ordinary error of a statement. */
const longJump = 100

const serve = async (directory: string | undefined, unread: Int32Array): Promise<void> => {
  const pglite = await open(directory)

  let pieces: Array<Uint8Array> = []
  let size = 0
  const flush = (connection: number): void => {
    if (size === 0) return
    // Not Buffer.concat: its memory may be shared with other buffers, and is transferred here.
    const bytes = new Uint8Array(size)
    let offset = 0
    for (const piece of pieces) {
      bytes.set(piece, offset)
      offset += piece.length
    }
    pieces = []
    size = 0
    for (let ahead = Atomics.load(unread, 0); ahead > readAhead; ahead = Atomics.load(unread, 0)) {
      Atomics.wait(unread, 0, ahead)
    }
    Atomics.add(unread, 0, bytes.length)
    post({ type: "bytes", connection, bytes }, bytes)
  }

  let answering = 0
  // After an abort of PostgreSQL (a full disk under its log, say) PGlite continues, with a database that is corrupt.
  const mainLoop = pglite.Module._PostgresMainLoopOnce
  pglite.Module._PostgresMainLoopOnce = () => {
    try {
      mainLoop()
    } catch (error) {
      if (Predicate.hasProperty(error, "status") && error.status === longJump) throw error
      flush(answering)
      crash(error)
    }
  }

  const execute = (bytes: Uint8Array, connection: number): Promise<void> => {
    answering = connection
    return pglite.execProtocolRawStream(bytes, {
      syncToFs: false,
      onRawData: (data) => {
        pieces.push(data.slice())
        size += data.length
        if (size >= pieceSize) flush(connection)
      },
    })
  }

  /** What a server does when a connection ends: the next one must see nothing of it. */
  const reset = async (): Promise<void> => {
    await pglite.execProtocolRawStream(resetMessages, { syncToFs: false, onRawData: () => {} })
  }

  const connections: Array<Connection> = []

  const answer = async (connection: Connection, frame: WireMessage): Promise<void> => {
    switch (frame.kind) {
      case "ssl":
        pieces.push(Uint8Array.of(0x4e))
        size += 1
        break
      case "startup":
        connection.started = true
        await execute(frame.bytes, connection.id)
        break
      case "messages":
        await execute(frame.bytes, connection.id)
        break
      case "terminate":
        connection.ended = true
        post({ type: "end", connection: connection.id })
        return
    }
    flush(connection.id)
  }

  /** Answers the first connection until it ends; the others wait. */
  const work = async (): Promise<void> => {
    for (;;) {
      const connection = connections[0]
      if (connection === undefined) return
      const chunk = connection.chunks.shift()
      if (chunk !== undefined) {
        for (const frame of chunk) await answer(connection, frame)
        post({ type: "written", connection: connection.id })
      } else if (connection.ended) {
        if (connection.started) await reset()
        connections.shift()
      } else {
        return
      }
    }
  }

  const receive = async (message: ToWorker): Promise<void> => {
    if (message.type === "close") {
      await pglite.close()
      process.exit(0)
    }
    let connection = connections.find(({ id }) => id === message.connection)
    if (message.type === "end") {
      if (connection !== undefined) connection.ended = true
    } else {
      if (connection === undefined) {
        connection = { id: message.connection, framer: new MessageFramer(), chunks: [], started: false, ended: false }
        connections.push(connection)
      }
      const frames = connection.framer.push(message.bytes)
      // By now the statement to be cancelled is over. The request's connection must not wait for the first one.
      if (frames[0]?.kind === "cancel") {
        connections.splice(connections.indexOf(connection), 1)
        post({ type: "end", connection: connection.id })
      } else {
        connection.chunks.push(frames)
      }
    }
    await work()
  }

  let done = Promise.resolve()
  port.on("message", (message: ToWorker) => {
    done = done.then(() => receive(message)).catch(crash)
  })
}

const simpleQuery = (sql: string): Uint8Array => {
  const body = Buffer.from(`${sql}\0`)
  const head = Buffer.from([0x51, 0, 0, 0, 0])
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** The Sync comes first: after an error, PostgreSQL skips messages until one. */
const resetMessages = Buffer.concat([
  Uint8Array.of(0x53, 0, 0, 0, 4),
  simpleQuery("rollback"),
  simpleQuery("discard all"),
])

try {
  if (task.buildAt !== undefined) {
    await build(task.buildAt)
    process.exit(0)
  }
  await serve(task.directory, task.unread)
  post({ type: "ready" })
} catch (error) {
  crash(error)
}
