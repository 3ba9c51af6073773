// A directory or a file, which every worker finds at the same path.

import { Effect, Layer, Option, Schema } from "effect"
import { splitUri } from "../../domain/pattern.ts"
import { SourceError } from "../../domain/SourceFile.ts"
import { quote } from "../../text/shell.ts"
import { lazyLayer } from "../lazyLayer.ts"
import type { CliSource } from "./CliSource.ts"
import { patternFlag } from "./patternFlag.ts"
import { unknownReference } from "./unknownReference.ts"

const layer = (path: string, pattern: string | undefined) =>
  lazyLayer(
    () => import("../../source/LocalSource.ts"),
    (LocalSource) => LocalSource.layer(path, { pattern }),
  )

const Reference = Schema.TaggedStruct("Path", { path: Schema.String, pattern: Schema.optionalKey(Schema.String) })
const decode = Schema.decodeUnknownEffect(Reference)

export const local = {
  tag: "Path",
  flags: {},
  flagsOf: (uri) => {
    const { named, pattern } = splitUri(uri)
    return `--source ${quote(named)}${patternFlag(pattern)}`
  },
  layer: ({ pattern, source }) => layer(source, Option.getOrUndefined(pattern)),
  // With symbolic links resolved.
  refer: (_, uri) => {
    const { named, pattern } = splitUri(uri)
    return { _tag: "Path", path: named, ...(pattern !== undefined && { pattern }) }
  },
  worker: {
    flags: {},
    open: Effect.fnUntraced(function* (reference, { host }) {
      const { path, pattern } = yield* Effect.mapError(decode(reference), () => unknownReference(reference, host))
      return yield* Layer.build(layer(path, pattern)).pipe(
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
