// Makes a command whose work is imported when it runs: help and other commands do not wait for it.

import { Effect, type Layer } from "effect"
import { Command } from "effect/cli"
import { lazyLayer } from "./lazyLayer.ts"

/** What a command does, as a module of `handlers/` exports it. */
export interface Work<Flags, A, LE, LR, E, R> {
  readonly handler: (flags: Flags) => Effect.Effect<void, E, R>
  /** What the handler needs. Made from the flags, and closed when the command ends. */
  readonly layer: (flags: Flags) => Layer.Layer<A, LE, LR>
}

/** A command by its name, its flags and the module of its work. */
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
