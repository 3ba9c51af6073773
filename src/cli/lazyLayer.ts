// A layer whose module is imported when it is built.

import { Effect, Layer } from "effect"

/** `pick`: returns the layer of the module. */
export const lazyLayer = <Module, A, E, R>(
  load: () => Promise<Module>,
  pick: (module: Module) => Layer.Layer<A, E, R>,
): Layer.Layer<A, E, R> => Layer.unwrap(Effect.map(Effect.promise(load), pick))
