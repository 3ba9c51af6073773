import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type WireMessage, MessageFramer } from "../../src/database/MessageFramer.ts"

const Bytes = Schema.Uint8Array.check(Schema.isMaxLength(40))

const untagged = (code: number, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.length, 0)
  head.writeInt32BE(code, 4)
  return Buffer.concat([head, body])
}

const tagged = (tag: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5)
  head.write(tag, 0, "latin1")
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

/** Pushes the bytes in pieces of the sizes given, over and over. */
const pushInPieces = (bytes: Buffer, sizes: ReadonlyArray<number>): Array<WireMessage> => {
  const framer = new MessageFramer()
  const frames: Array<WireMessage> = []
  let index = 0
  for (let offset = 0; offset < bytes.length;) {
    const size = sizes[index++ % sizes.length] ?? bytes.length
    frames.push(...framer.push(bytes.subarray(offset, offset + size)))
    offset += size
  }
  return frames
}

const sslRequest = 80877103
const cancelRequest = 80877102
const version3 = 196608

describe("MessageFramer", () => {
  it.prop(
    "loses no byte and cuts at messages only, however the bytes arrive",
    {
      startup: Bytes,
      bodies: Schema.Array(Bytes),
      asksForTls: Schema.Boolean,
      sizes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))),
    },
    ({ startup, bodies, asksForTls, sizes }) => {
      const opening = [...(asksForTls ? [untagged(sslRequest, new Uint8Array())] : []), untagged(version3, startup)]
      const messages = bodies.map((body) => tagged("B", body))
      const end = tagged("X", new Uint8Array())
      const frames = pushInPieces(Buffer.concat([...opening, ...messages, end]), sizes)

      const kinds = frames.map(({ kind }) => kind).filter((kind) => kind !== "messages")
      assert.deepStrictEqual(kinds, [...(asksForTls ? ["ssl"] : []), "startup", "terminate"])
      assert.deepStrictEqual(
        Buffer.concat(frames.map(({ bytes }) => bytes)),
        Buffer.concat([...opening, ...messages, end]),
      )
      const ends = new Set<number>([0])
      for (const message of messages) ends.add([...ends].at(-1)! + message.length)
      let offset = 0
      for (const { kind, bytes } of frames) {
        if (kind === "messages") assert.isTrue(ends.has((offset += bytes.length)), "a message was cut")
      }
    },
  )

  it("hands messages that came together on together", () => {
    const framer = new MessageFramer()
    framer.push(untagged(version3, new Uint8Array()))
    const cycle = Buffer.concat(["P", "B", "D", "E", "S"].map((tag) => tagged(tag, new Uint8Array(10))))
    assert.deepStrictEqual(framer.push(cycle), [{ kind: "messages", bytes: cycle }])
  })

  it("knows a cancel request", () => {
    const [frame, ...others] = new MessageFramer().push(untagged(cancelRequest, new Uint8Array(8)))
    assert.strictEqual(frame?.kind, "cancel")
    assert.deepStrictEqual(others, [])
  })

  it.prop("refuses a length that no message has", { length: Schema.Literals([-1, 0, 3, 0x40000000]) }, ({ length }) => {
    const framer = new MessageFramer()
    framer.push(untagged(version3, new Uint8Array()))
    const head = tagged("Q", new Uint8Array())
    head.writeInt32BE(length, 1)
    assert.throws(() => framer.push(head), RangeError)
  })
})
