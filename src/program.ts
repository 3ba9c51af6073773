import { readFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Schema } from "effect"
import * as Cli from "./Cli.ts"
import type * as Main from "./Main.ts"

const { version } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
)

/** The services of a command. Nothing of them is imported before it runs: that takes longer than all else of a start. */
const lazily =
  <Flags, A, E>(pick: (main: typeof Main) => (flags: Flags) => Layer.Layer<A, E>) =>
  (flags: Flags): Layer.Layer<A, E> =>
    Layer.unwrap(
      Effect.map(
        Effect.promise(() => import("./Main.ts")),
        (main) => pick(main)(flags),
      ),
    )

const services = {
  run: lazily(({ run }) => run),
  locate: lazily(({ locate }) => locate),
  init: lazily(({ init }) => init),
  rejects: lazily(({ rejects }) => rejects),
  sql: lazily(({ sql }) => sql),
}

/** The `etl` command with its arguments. Fails with the exit code, after the reason was told. */
export const program = (args: ReadonlyArray<string>) =>
  Cli.execute(services, version, args).pipe(Effect.provide(NodeServices.layer))
