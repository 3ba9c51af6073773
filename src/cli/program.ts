// The program: the command line on Node.

import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import * as Cli from "./Cli.ts"
import type { DotEnvNames } from "./dotEnv.ts"
import { DotEnv } from "./invocation.ts"

/** `dotEnv`: the names in the .env file. Prints why the command fails, and fails with the exit code. */
export const program = (args: ReadonlyArray<string>, dotEnv: DotEnvNames) =>
  Cli.execute(Cli.commands, args).pipe(
    Effect.provideService(DotEnv, dotEnv),
    // oxlint-disable-next-line no-restricted-properties -- the edge
    Effect.provide(NodeServices.layer),
  )
