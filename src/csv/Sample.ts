// The beginning of a file, from which its format is decided.

/** Bytes of a sample; the end of a file ends it before. */
export const sampleSize = 8 * 1024 * 1024

/** Takes a file's bytes until there are enough of them. */
export class Sample {
  private readonly chunks: Array<Uint8Array> = []
  private readonly size: number
  private length = 0

  /** A header of `maxRecordSize` bytes, and lines before it, are always in the sample. */
  constructor(maxRecordSize: number) {
    this.size = Math.max(sampleSize, 2 * maxRecordSize)
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

  /** As they came, from the byte on: each is given up once it is taken. */
  *from(byteOffset: number): Generator<Uint8Array> {
    let start = 0
    for (let chunk = this.chunks.shift(); chunk !== undefined; chunk = this.chunks.shift()) {
      const end = start + chunk.length
      if (end > byteOffset) yield start >= byteOffset ? chunk : chunk.subarray(byteOffset - start)
      start = end
    }
  }
}
