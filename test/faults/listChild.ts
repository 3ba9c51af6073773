// Lists the S3 store at this endpoint, and prints what it found and what that took.
import { Context, Effect, Layer, Result, Stream } from "effect"
import * as S3Source from "../../src/source/S3Source.ts"
import { Source } from "../../src/source/Source.ts"
import { peakMemory } from "../utils/peakMemory.ts"

const list = Effect.gen(function* () {
  const layer = S3Source.layer({ bucket: "exports", endpoint: process.argv[2] })
  const { files } = Context.get(yield* Layer.build(layer), Source)
  const listed = yield* Effect.result(Stream.runCollect(files))
  const megabytes = Math.round(peakMemory() / 1024)
  if (Result.isFailure(listed)) return { error: listed.failure.message, megabytes }
  const uris = listed.success.map(({ uri }) => uri)
  return {
    count: uris.length,
    isOrdered: uris.every((uri, index) => index === 0 || uris[index - 1]! < uri),
    first: uris[0],
    last: uris.at(-1),
    megabytes,
  }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.scoped(list))))
