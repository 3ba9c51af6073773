import { Effect, Exit, Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { startPostgres } from "./postgres.ts"

/** One server for all tests of a run, and a directory for their files. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const directory = mkdtempSync(join(tmpdir(), "user-activity-etl-"))
  // The server ends with this process, whatever ends it; its files must go then, too.
  const remove = () => rmSync(directory, { recursive: true, force: true })
  process.on("exit", remove)
  const scope = Scope.makeUnsafe()
  const stop = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    remove()
    process.off("exit", remove)
  }
  try {
    project.provide("runDirectory", directory)
    project.provide("postgres", await Effect.runPromise(Scope.provide(startPostgres(directory), scope)))
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}
