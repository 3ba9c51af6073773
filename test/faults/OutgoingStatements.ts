const protocolVersion = 3
const requestCodes = new Set([80877103, 80877104])

/**
 * Follows what a client sends to PostgreSQL over one connection, and tells the text of each statement that it executes,
 * also where a message only names a statement that was prepared before. What is not PostgreSQL's protocol is ignored.
 */
export class OutgoingStatements {
  private bytes: Buffer = Buffer.alloc(0)
  private state: "start" | "messages" | "other" = "start"
  private readonly prepared = new Map<string, string>()
  private readonly portals = new Map<string, string>()

  /** Takes the next bytes, cut anywhere; gives the statements whose execution they complete. */
  push(bytes: Uint8Array): ReadonlyArray<string> {
    if (this.state === "other") return []
    this.bytes = Buffer.concat([this.bytes, bytes])
    this.takeStart()
    return this.state === "messages" ? this.takeMessages() : []
  }

  /** The first message has no tag; requests for encryption come before it. */
  private takeStart(): void {
    while (this.state === "start" && this.bytes.length >= 8) {
      const length = this.bytes.readUInt32BE(0)
      const code = this.bytes.readUInt32BE(4)
      const isRequest = requestCodes.has(code)
      if (!isRequest && code >>> 16 !== protocolVersion) this.state = "other"
      else if (this.bytes.length < length) return
      else {
        this.bytes = this.bytes.subarray(length)
        if (!isRequest) this.state = "messages"
      }
    }
  }

  private takeMessages(): ReadonlyArray<string> {
    const executed: Array<string> = []
    while (this.bytes.length >= 5) {
      const end = 1 + this.bytes.readUInt32BE(1)
      if (this.bytes.length < end) break
      const statement = this.take(String.fromCharCode(this.bytes[0]!), this.bytes.subarray(5, end))
      if (statement !== undefined) executed.push(statement)
      this.bytes = this.bytes.subarray(end)
    }
    return executed
  }

  private take(tag: string, body: Buffer): string | undefined {
    const zero = body.indexOf(0)
    const first = body.toString("utf8", 0, zero)
    const second = () => body.toString("utf8", zero + 1, body.indexOf(0, zero + 1))
    switch (tag) {
      case "Q":
        return first
      case "P":
        this.prepared.set(first, second())
        return undefined
      case "B":
        this.portals.set(first, this.prepared.get(second()) ?? "")
        return undefined
      case "E":
        return this.portals.get(first)
      default:
        return undefined
    }
  }
}
