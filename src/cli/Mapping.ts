// The column mapping that --mapping names, and the format of files under it and the flags, as a service.

import { Context, Effect, Layer } from "effect"
import type { FormatOptions } from "../domain/FormatOptions.ts"
import { type MappingFile, parse } from "../domain/MappingFile.ts"
import { etl } from "../text/etl.ts"
import { readSmallFile } from "../text/readSmallFile.ts"
import { UsageError } from "./CommandError.ts"
import { contradiction, type FormatFlags, formatOf } from "./flags/formatFlags.ts"

type MappingFlags = FormatFlags & { readonly mapping: string }

interface ReadMapping extends MappingFile {
  /** What the file says of the format; flags win. */
  readonly inMapping: FormatOptions
}

/** Reads the file that --mapping names. Fails where a flag contradicts what it says. */
export const readMapping = Effect.fnUntraced(function* (flags: MappingFlags) {
  const path = flags.mapping
  const json = yield* readSmallFile(path).pipe(
    Effect.mapError(
      (why) =>
        new UsageError({
          message: `${path} cannot be read (${why}). Name another with --mapping FILE, or make one with ${etl} inspect: see ${etl} help own-files.`,
        }),
    ),
  )
  const { format, mapping } = yield* parse(path, json)
  const message = contradiction(flags, format, path)
  if (message !== undefined) return yield* new UsageError({ message })
  return { mapping, format: formatOf(flags, format), inMapping: format } satisfies ReadMapping
})

export class Mapping extends Context.Service<Mapping, MappingFile>()("user-activity-etl/cli/Mapping") {
  static readonly layer = (flags: MappingFlags) => Layer.effect(this, readMapping(flags))
}
