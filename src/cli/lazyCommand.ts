// A command whose work is imported when it runs, so that help and other commands start fast.

import { Effect, type Layer } from "effect"
import { Command } from "effect/cli"
import { lazyLayer } from "./lazyLayer.ts"

/** The exports of a module of `handlers/`. */
export interface Work<Flags, A, LE, LR, E, R> {
  readonly handler: (flags: Flags) => Effect.Effect<void, E, R>
  /** The services of the handler; closed when the command ends. */
  readonly layer: (flags: Flags) => Layer.Layer<A, LE, LR>
}

export const lazyCommand = <const Name extends string, const Config extends Command.Command.Config, A, LE, LR, E, R>(
  name: Name,
  config: Config,
  load: () => Promise<Work<Command.Command.Config.Infer<Config>, A, LE, LR, E, R>>,
) => {
  const work = Effect.promise(load)
  return Command.make(name, config, (flags) => Effect.flatMap(work, ({ handler }) => handler(flags))).pipe(
    Command.provide((flags) => lazyLayer(load, ({ layer }) => layer(flags))),
  )
}
