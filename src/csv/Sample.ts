// The beginning of a file, from which its format is decided.

import { Context, Effect, Stream } from "effect"

/** The beginning of a file. */
export interface Beginning {
  readonly bytes: Uint8Array
  /** Nothing follows. */
  readonly isWhole: boolean
}

/** Bytes of a sample, or the whole file: twice the largest record at least, so that a header is always in it. */
export const SampleSize = Context.Reference<(maxRecordSize: number) => number>("user-activity-etl/csv/SampleSize", {
  defaultValue: () => (maxRecordSize) => Math.max(8 * 1024 * 1024, 2 * maxRecordSize),
})

/** Takes a file's bytes until there are enough of them. */
export class Sample {
  private readonly chunks: Array<Uint8Array> = []
  private readonly size: number
  private length = 0

  constructor(size: number) {
    this.size = size
  }

  /** Whether more bytes are needed. */
  add(chunk: Uint8Array): boolean {
    this.chunks.push(chunk)
    this.length += chunk.length
    return this.length < this.size
  }

  /** The first of them, in a row: as many whatever the chunks are. */
  get bytes(): Uint8Array {
    const [first] = this.chunks
    if (first !== undefined && this.chunks.length === 1) return first.subarray(0, this.size)
    const bytes = new Uint8Array(Math.min(this.length, this.size))
    let end = 0
    for (const chunk of this.chunks) {
      bytes.set(chunk.subarray(0, bytes.length - end), end)
      end += chunk.length
    }
    return bytes
  }

  /** Gives up its bytes: as they came, from the byte on. */
  from(byteOffset: number): ReadonlyArray<Uint8Array> {
    let end = 0
    return this.chunks.splice(0).flatMap((chunk) => {
      const start = end
      end += chunk.length
      if (end <= byteOffset) return []
      return [start >= byteOffset ? chunk : chunk.subarray(byteOffset - start)]
    })
  }
}

export const makeSample = (maxRecordSize: number): Effect.Effect<Sample> =>
  Effect.map(SampleSize, (sizeFor) => new Sample(sizeFor(maxRecordSize)))

/** Reads the beginning of a file, and no more: what a load decides its format from. */
export const readBeginning =
  (maxRecordSize: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Beginning, E, R> =>
    Effect.gen(function* () {
      const sample = yield* makeSample(maxRecordSize)
      let isWhole = true
      yield* bytes.pipe(
        Stream.takeUntil((chunk) => {
          isWhole = sample.add(chunk)
          return !isWhole
        }),
        Stream.runDrain,
      )
      return { bytes: sample.bytes, isWhole }
    })
