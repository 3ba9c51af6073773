// Makes a layer whose module is imported when it is built.

import { Effect, Layer } from "effect"

/** The layer that `pick` takes from the module. */
export const lazyLayer = <Module, A, E, R>(
  load: () => Promise<Module>,
  pick: (module: Module) => Layer.Layer<A, E, R>,
): Layer.Layer<A, E, R> => Layer.unwrap(Effect.map(Effect.promise(load), pick))
