// What the file says that --mapping names, as a service.

import { Context, Effect, Layer } from "effect"
import { type MappingFile, parse } from "../domain/MappingFile.ts"
import { etl } from "../text/etl.ts"
import { readSmallFile } from "../text/readSmallFile.ts"
import { UsageError } from "./CommandError.ts"

export class Mapping extends Context.Service<Mapping, MappingFile>()("user-activity-etl/cli/Mapping") {
  static readonly layer = (path: string) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const json = yield* readSmallFile(path).pipe(
          Effect.mapError(
            (why) =>
              new UsageError({
                message: `${path} cannot be read (${why}). Name another with --mapping FILE; ${etl} help mapping shows how to write one.`,
              }),
          ),
        )
        return yield* parse(path, json)
      }),
    )
}
