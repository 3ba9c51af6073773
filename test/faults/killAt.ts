import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { Socket } from "node:net"
import { isMainThread, Worker } from "node:worker_threads"
import { OutgoingStatements } from "./OutgoingStatements.ts"

// Ends its own process at a named point, and changes nothing else: `KILL_AT=COMMIT:3:before node --import killAt.ts ...`
//
//   KILL_AT=[FUNCTION:]TEXT:N:WHEN[+MILLISECONDS]    KILL_WITH=SIGNAL (SIGKILL)
//
// The point is the N-th statement that contains TEXT, wherever it goes: to a server through a socket, or to the embedded
// database's thread. With FUNCTION (write, rename) it is the N-th such call to the file system for a path that contains
// TEXT, of one thread. WHEN is `before` it is sent or done; `half`: as much of it is written; `sent`: it is sent or done,
// and MILLISECONDS have passed in which this thread saw nothing of an answer; or `after`: before the next statement
// (call) of all, so that it was answered.

const [, calls, text = "", nth, when, milliseconds = "0"] =
  /^(?:(write|rename):)?(.+):(\d+):(before|half|sent|after)(?:\+(\d+))?$/.exec(process.env["KILL_AT"] ?? "") ?? []
if (nth === undefined) throw new Error(`KILL_AT names no point: ${process.env["KILL_AT"]}`)

let remaining = Number(nth)
let isNext = false

const end = (): void => {
  process.kill(process.pid, process.env["KILL_WITH"] ?? "SIGKILL")
}

const wait = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds))
}

/** Lets something pass, unless it is the point. `pass` calls back when it is done. */
const watch = <A>(names: ReadonlyArray<string>, pass: (done: () => void, isPoint: boolean) => A): A => {
  if (isNext && names.length > 0) {
    isNext = false
    end()
  }
  const found = names.filter((name) => name.includes(text)).length
  const isPoint = found > 0 && remaining > 0 && found >= remaining
  remaining -= found
  if (!isPoint) return pass(() => {}, false)
  if (when === "before") end()
  isNext = when === "after"
  return pass(() => {
    if (when !== "sent" && when !== "half") return
    wait()
    end()
  }, true)
}

const connections = new Map<unknown, OutgoingStatements>()

const statementsOf = (connection: unknown, bytes: unknown): ReadonlyArray<string> => {
  if (!(bytes instanceof Uint8Array)) return []
  let statements = connections.get(connection)
  if (statements === undefined) connections.set(connection, (statements = new OutgoingStatements()))
  return statements.push(bytes)
}

const watchStatements = (): void => {
  const { write } = Socket.prototype
  Socket.prototype.write = function (this: Socket, chunk: Uint8Array | string, ...rest: ReadonlyArray<unknown>) {
    const callback = rest.find((argument) => typeof argument === "function")
    const encoding = rest.find((argument) => typeof argument === "string")
    return watch(statementsOf(this, chunk), (done) =>
      write.call(this, chunk, encoding as BufferEncoding, (error) => {
        callback?.(error)
        done()
      }),
    )
  } as typeof write

  const { postMessage } = Worker.prototype
  Worker.prototype.postMessage = function (this: Worker, message: unknown, ...rest) {
    const { connection, bytes } = message as { readonly connection?: unknown; readonly bytes?: unknown }
    watch(statementsOf(connection, bytes), (done) => {
      postMessage.call(this, message, ...rest)
      done()
    })
  }
}

const watchCalls = (): void => {
  const { openSync, renameSync, writeSync } = fs
  const paths = new Map<number, string>()
  const now = <A>(names: ReadonlyArray<string>, call: (isPoint: boolean) => A): A =>
    watch(names, (done, isPoint) => {
      const result = call(isPoint)
      done()
      return result
    })
  fs.openSync = (...given) => {
    const file = openSync(...given)
    paths.set(file, String(given[0]))
    return file
  }
  fs.writeSync = ((file: number, bytes: Uint8Array, offset: number, length: number, position?: number) =>
    now(calls === "write" ? [paths.get(file) ?? ""] : [], (isPoint) => {
      const written = isPoint && when === "half" ? length >>> 1 : length
      return writeSync(file, bytes, offset, written, position)
    })) as typeof writeSync
  fs.renameSync = (from, to) => now(calls === "rename" ? [`${from} ${to}`] : [], () => renameSync(from, to))
  syncBuiltinESMExports()
}

if (calls !== undefined) watchCalls()
else if (isMainThread) watchStatements()
