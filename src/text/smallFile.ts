// Reads a file that a person writes, such as a mapping or a certificate, without trusting what its path leads to.
// Without Effect, unlike readSmallFile.ts: bin.ts reads .env before it imports Effect.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs"
import { devNull } from "node:os"

const maxSize = 1024 * 1024

/** How long a pipe may take to its end. */
const maxSeconds = 10

/** How long to wait before an empty pipe is read again. */
export const pauseMillis = 20

const kindOf = (descriptor: number): "file" | "pipe" | undefined => {
  const stat = fstatSync(descriptor)
  if (stat.isFIFO()) return "pipe"
  if (stat.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" })
  const isNull = stat.isCharacterDevice() && stat.rdev === statSync(devNull).rdev
  return stat.isFile() || isNull ? "file" : undefined
}

/** A file that is read to its end: at most 1 MiB, and a pipe for at most 10 s. */
export class SmallFile {
  readonly #descriptor: number
  readonly #isPipe: boolean
  readonly #deadline = performance.now() + maxSeconds * 1000
  readonly #buffer = Buffer.alloc(maxSize + 1)
  #size = 0

  /** Throws what Node throws, or an Error that says why the file is not read. */
  constructor(path: string) {
    // Non-blocking, as opening a pipe waits for its writer; checked when open, as a path may change what it leads to.
    this.#descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const kind = kindOf(this.#descriptor)
      if (kind === undefined) throw new Error("it is a device; only files and pipes are read")
      this.#isPipe = kind === "pipe"
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** The whole content, or undefined while a pipe has not ended. */
  poll(): Uint8Array | undefined {
    for (;;) {
      const read = this.#read()
      // A pipe without a writer reads as ended, but the writer may still come.
      if (read === 0 && !(this.#isPipe && this.#size === 0)) return this.#buffer.subarray(0, this.#size)
      if (read === 0 || read === undefined) {
        if (performance.now() < this.#deadline) return undefined
        throw new Error(`it is a pipe, and did not end within ${maxSeconds} seconds`)
      }
      this.#size += read
      if (this.#size > maxSize) throw new Error("it has more than 1 MiB")
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** How many bytes were read, or undefined while the pipe is empty. */
  #read(): number | undefined {
    try {
      return readSync(this.#descriptor, this.#buffer, this.#size, maxSize + 1 - this.#size, null)
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined
      throw error
    }
  }
}

/** Reads a file before the program starts. It blocks the thread, so a signal ends the process. */
export const readSmallFileSync = (path: string): Uint8Array => {
  const file = new SmallFile(path)
  try {
    for (;;) {
      const bytes = file.poll()
      if (bytes !== undefined) return bytes
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMillis)
    }
  } finally {
    file.close()
  }
}
