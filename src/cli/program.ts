import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import * as Cli from "./Cli.ts"
import type { CheckFlags } from "./flags/checkFlags.ts"
import { DotEnv } from "./origin.ts"
import type * as Main from "./Main.ts"
import type { DotEnvNames } from "./dotEnv.ts"
import { version } from "../observability/version.ts"

/** Imported when a command runs, and not before: it takes longer than all else of a start. */
const main = Effect.promise(() => import("./Main.ts"))

const lazily =
  <Flags, A, E>(pick: (main: typeof Main) => (flags: Flags) => Layer.Layer<A, E>) =>
  (flags: Flags): Layer.Layer<A, E> =>
    Layer.unwrap(Effect.map(main, (services) => pick(services)(flags)))

const services = {
  run: lazily(({ run }) => run),
  check: (flags: CheckFlags) => Effect.flatMap(main, ({ check }) => check(flags)),
  worker: lazily(({ worker }) => worker),
  follow: lazily(({ follow }) => follow),
  cancel: lazily(({ cancel }) => cancel),
  init: lazily(({ init }) => init),
  locate: lazily(({ locate }) => locate),
  rejects: lazily(({ rejects }) => rejects),
  report: lazily(({ report }) => report),
  runs: lazily(({ runs }) => runs),
  sql: lazily(({ sql }) => sql),
}

/**
 * The `etl` command with its arguments, and what became of the names in a file .env. Fails with the exit code,
 * after the reason was told.
 */
export const program = (args: ReadonlyArray<string>, dotEnv: DotEnvNames) =>
  Cli.execute(services, version, args).pipe(
    Effect.provideService(DotEnv, dotEnv),
    // oxlint-disable-next-line no-restricted-properties -- the edge
    Effect.provide(NodeServices.layer),
  )
