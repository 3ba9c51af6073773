// A directory or a file, which every worker finds at the same path.

import { Effect, Layer, Schema } from "effect"
import { SourceError } from "../../domain/SourceFile.ts"
import { quote } from "../../text/shell.ts"
import { lazyLayer } from "../lazyLayer.ts"
import type { CliSource } from "./CliSource.ts"
import { unknownReference } from "./unknownReference.ts"

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
  // With symbolic links resolved.
  refer: (_, uri) => ({ _tag: "Path", path: uri }),
  worker: {
    flags: {},
    open: Effect.fnUntraced(function* (reference, { host }) {
      const { path } = yield* Effect.mapError(decode(reference), () => unknownReference(reference, host))
      return yield* Layer.build(layer(path)).pipe(
        // `etl run --cluster` has opened the source: only this worker cannot.
        Effect.mapError(
          (error) =>
            new SourceError({
              ...error,
              message: `${error.message} Reported by the worker at ${host}: every worker must find the source at that path.`,
            }),
        ),
      )
    }),
  },
} satisfies CliSource<unknown, unknown>
