// Cuts the bytes of a PostgreSQL client into messages, however they arrive.

/** What a PostgreSQL client sent: a request that opens a connection, or whole messages of an open one. */
export interface WireMessage {
  readonly kind: "startup" | "ssl" | "cancel" | "messages" | "terminate"
  readonly bytes: Uint8Array
}

const sslRequest = 80877103
const cancelRequest = 80877102
const terminate = 0x58

/** PostgreSQL's own limit for a message. */
const maxLength = 0x3fffffff

/**
 * The messages of one connection. The first ones have no tag (length, code); after the startup message each is a tag, a
 * length that counts itself, and a body. Neighbouring messages share a frame. Throws a RangeError when a length is
 * impossible.
 */
export class MessageFramer {
  #pending: Array<Uint8Array> = []
  #size = 0
  #needed = 8
  #started = false

  push(chunk: Uint8Array): Array<WireMessage> {
    this.#pending.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#needed) return []

    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#size)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const frames: Array<WireMessage> = []
    let start = 0
    let end = 0
    const flush = (): void => {
      if (end > start) frames.push({ kind: "messages", bytes: bytes.subarray(start, end) })
      start = end
    }

    for (;;) {
      const tag = this.#started ? 1 : 0
      if (end + tag + 4 > bytes.length) {
        this.#needed = tag + 4
        break
      }
      const length = view.getInt32(end + tag)
      if (length < (this.#started ? 4 : 8) || length > maxLength) throw new RangeError(`message of ${length} bytes`)
      const next = end + tag + length
      if (next > bytes.length) {
        this.#needed = next - end
        break
      }
      if (!this.#started) {
        const code = view.getInt32(end + 4)
        const kind = code === sslRequest ? "ssl" : code === cancelRequest ? "cancel" : "startup"
        frames.push({ kind, bytes: bytes.subarray(end, next) })
        this.#started = kind === "startup"
        start = end = next
      } else if (bytes[end] === terminate) {
        flush()
        frames.push({ kind: "terminate", bytes: bytes.subarray(end, next) })
        start = end = next
      } else {
        end = next
      }
    }
    flush()

    this.#pending = end < bytes.length ? [bytes.subarray(end)] : []
    this.#size = bytes.length - end
    return frames
  }
}
