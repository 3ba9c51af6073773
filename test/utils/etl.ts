// Runs the command in the test's own process.

import * as NodeServices from "@effect/platform-node/NodeServices"
import { PgClient } from "@effect/sql-pg"
import { Cause, ConfigProvider, Effect, Exit, type Layer, Runtime } from "effect"
import { TestConsole } from "effect/testing"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import { clientLayer, environment, freshDatabase, sharedPostgres, temporaryDirectory } from "./postgres.ts"

/** A command's output, log and exit code. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The log's lines, parsed. */
  readonly log: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly logText: string
}

/** Runs the real command in this process, with its own environment and log. */
export const etl = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  platform: Layer.Layer<NodeServices.NodeServices> = NodeServices.layer,
) {
  const logfile = join(yield* temporaryDirectory, "etl.log")
  const logs =
    Cli.commands.some(({ name }) => name === args[0] && name !== "inspect") ||
    (args[0]?.startsWith("--source") ?? false)
  const hasLog = logs && !args.includes("--logfile")
  return yield* Effect.gen(function* () {
    const exit = yield* Effect.exit(Cli.execute(Cli.commands, hasLog ? [...args, "--logfile", logfile] : args))
    let code = 0
    Runtime.defaultTeardown(exit, (exitCode) => (code = exitCode))
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) return yield* Effect.die(Cause.squash(exit.cause))
    const logText = existsSync(logfile) ? readFileSync(logfile, "utf8") : ""
    const outcome: Outcome = {
      code,
      stdout: (yield* TestConsole.logLines).join("\n"),
      stderr: (yield* TestConsole.errorLines).join("\n"),
      log: logText.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)])),
      logText,
    }
    return outcome
  }).pipe(Effect.provide([platform, TestConsole.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))]))
}, Effect.scoped)

/** A fresh database on the server, its environment, and `query` to read it. */
export const makeDatabase = Effect.gen(function* () {
  const server = yield* sharedPostgres
  const name = yield* freshDatabase
  const query = <A extends object>(text: string, parameters: ReadonlyArray<unknown> = []) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      return yield* sql.unsafe<A>(text, parameters)
    }).pipe(Effect.provide(clientLayer(server, name)), Effect.scoped)
  return { env: environment(server, name), query }
})

/** A directory with the given files. */
export const directoryOf = Effect.fnUntraced(function* (files: Readonly<Record<string, string | Uint8Array>>) {
  const directory = yield* temporaryDirectory
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return directory
})
