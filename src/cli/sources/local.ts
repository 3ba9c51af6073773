// A directory or a file, at the same path for every worker.

import { Effect, Layer, Schema } from "effect"
import { SourceError } from "../../domain/SourceFile.ts"
import { quote } from "../../text/shell.ts"
import { lazyLayer } from "../lazyLayer.ts"
import type { CliSource } from "./CliSource.ts"

const layer = (path: string) =>
  lazyLayer(
    () => import("../../source/LocalSource.ts"),
    (LocalSource) => LocalSource.layer(path),
  )

const decode = Schema.decodeUnknownEffect(Schema.TaggedStruct("Path", { path: Schema.String }))

export const local = {
  tag: "Path",
  flags: {},
  flagsOf: (uri) => `--source ${quote(uri)}`,
  layer: ({ source }) => layer(source),
  // The path that its links lead to.
  refer: (_, uri) => ({ _tag: "Path", path: uri }),
  worker: {
    flags: {},
    open: Effect.fnUntraced(function* (reference, { host }) {
      const { path } = yield* Effect.orDie(decode(reference))
      return yield* Layer.build(layer(path)).pipe(
        // Who handed the run over has seen the source: it is this worker that has not.
        Effect.mapError(
          (error) =>
            new SourceError({
              ...error,
              message: `${error.message} The worker at ${host} looked: every worker must see the source at that path.`,
            }),
        ),
      )
    }),
  },
} satisfies CliSource<unknown, unknown>
