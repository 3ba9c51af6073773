import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Schema, Stream } from "effect"
import * as Records from "../../src/csv/Records.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { type ColumnMapping, make } from "../../src/domain/ColumnMapping.ts"
import { mapping, read } from "../utils/csv.ts"

/** Bytes of the beginning of a file that decide its format. */
const sampleSize = 8 * 1024 * 1024

const bytesOf = (text: string, pieces = 1_000_000) => {
  const bytes = new TextEncoder().encode(text)
  return Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, index) =>
      bytes.subarray(index * pieces, (index + 1) * pieces),
    ),
  )
}

class LineDead extends Data.TaggedError("LineDead") {}

describe("Records.stream", () => {
  it.effect("gives users and rejects in the file's order, each with where it is", () =>
    Effect.gen(function* () {
      const text = "email,name\na@example.com,Ada\nnobody,\n\nb@example.com,Bo\n"
      const records = yield* bytesOf(text).pipe(Records.stream({ mapping }), Stream.runCollect)
      assert.deepStrictEqual(
        records.map((record) => [
          Records.isReject(record) ? record.reasons[0]!.message : record.user.email,
          record.line,
          record.byteOffset,
          Buffer.from(record.raw).toString(),
        ]),
        [
          ["a@example.com", 2, 11, "a@example.com,Ada"],
          ["is not a valid e-mail address", 3, 29, "nobody,"],
          ["b@example.com", 5, 38, "b@example.com,Bo"],
        ],
      )
    }),
  )

  it.effect.prop(
    "gives the records that a run loads",
    {
      rows: Schema.Array(Schema.Literals(["a@example.com,b", 'b@example.com,"x\ny"', "", "x", '"', "x@y,z,"])).check(
        Schema.isMaxLength(30),
      ),
      delimiter: Schema.Literals([",", ";"]),
      maxRecordSize: Schema.Literals([10, 1000]),
      pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
    },
    ({ rows, delimiter, maxRecordSize, pieces }) =>
      Effect.gen(function* () {
        const text = ["email,name", ...rows].join("\n").replaceAll(",", delimiter)
        const records = yield* bytesOf(text, pieces).pipe(
          Records.stream({ mapping, format: { delimiter }, maxRecordSize }),
          Stream.runCollect,
        )
        const chunks = yield* read(text, { format: { delimiter }, maxRecordSize })
        const rejects = chunks.flatMap((chunk) => chunk.rejects)
        const users = chunks.flatMap((chunk) => chunk.users)
        assert.deepStrictEqual(records.filter(Records.isReject), rejects)
        assert.deepStrictEqual(
          RowSet.of(records.flatMap((record) => (Records.isReject(record) ? [] : [record]))).records,
          users,
        )
      }),
  )

  it.effect("fails with the header's error, whose fields say why", () =>
    Effect.gen(function* () {
      const failure = (text: string, delimiter?: string) =>
        Effect.flip(Stream.runDrain(bytesOf(text).pipe(Records.stream({ mapping, format: { delimiter } }))))
      assert.deepInclude(yield* failure(""), { _tag: "HeaderError", reason: "empty" })
      assert.deepInclude(yield* failure("PK\x03\x04"), { reason: "foreignFormat", format: "zip" })
      assert.deepInclude(yield* failure('email,"na"me\n'), { reason: "malformed" })
      assert.deepInclude(yield* failure("Ada,ada@example.com\n"), { reason: "noHeader", names: [] })
      assert.deepInclude(yield* failure("mail,name, name\n"), {
        reason: "misfit",
        missing: ["email"],
        repeated: ["name"],
        names: ["mail", "name", "name"],
      })
      assert.deepInclude(yield* failure("email;name\n", ","), { reason: "misfit", delimiter: ";" })
    }),
  )

  it.effect("passes the error of the bytes on, after the records before it, once the format is known", () =>
    Effect.gen(function* () {
      const failing = (text: string) => {
        const seen: Array<Records.Decoded> = []
        return bytesOf(text).pipe(
          Stream.concat(Stream.fail(new LineDead())),
          Records.stream({ mapping }),
          Stream.runForEach((record) => Effect.sync(() => seen.push(record))),
          Effect.flip,
          Effect.map((error) => [error._tag, seen.length]),
        )
      }
      const row = "a@example.com,Ada\n"
      const enough = Math.ceil(sampleSize / row.length)
      assert.deepStrictEqual(yield* failing(`email,name\n${row}b@`), ["LineDead", 0])
      assert.deepStrictEqual(yield* failing(`email,name\n${row.repeat(enough)}b@`), ["LineDead", enough])
    }),
  )

  it.effect("reads the sample, and no more than is pulled", () =>
    Effect.gen(function* () {
      let read = 0
      const block = new TextEncoder().encode("a@example.com,Ada\n".repeat(1_000))
      const endless = Stream.tap(Stream.fromIterable(Array<Uint8Array>(1_000).fill(block), { chunkSize: 1 }), () =>
        Effect.sync(() => (read += block.length)),
      )
      const header = "email,name\n"
      const records = Stream.concat(bytesOf(header), endless).pipe(Records.stream({ mapping }), Stream.take(10))
      assert.lengthOf(yield* Stream.runCollect(records), 10)
      assert.isAtLeast(read + header.length, sampleSize)
      assert.isBelow(read + header.length, sampleSize + block.length)
    }),
  )

  it("throws where an option is not valid", () => {
    for (const delimiter of ["", ",,", '"', "\n", "é"]) {
      assert.throws(() => Records.stream({ mapping, format: { delimiter } }), /Expected one ASCII character/)
    }
    for (const maxRecordSize of [0, -1, 1.5, Number.NaN, Infinity]) {
      assert.throws(() => Records.stream({ mapping, maxRecordSize }), /^maxRecordSize must be/)
    }
    const forged = new Map([["name", "first_name"]]) as unknown as ColumnMapping
    assert.throws(() => Records.stream({ mapping: forged }), /^mapping must be made/)
  })
})

describe("Records.user", () => {
  const records = bytesOf("Mail\na@example.com\nnobody\nb@example.com\n").pipe(
    Records.stream({ mapping: make({ Mail: "email" }) }),
  )

  it.effect("leaves rejects out", () =>
    Effect.gen(function* () {
      const users = yield* Stream.runCollect(Stream.filterMap(records, Records.user))
      assert.deepStrictEqual(
        users.map(({ email }) => email),
        ["a@example.com", "b@example.com"],
      )
    }),
  )

  it.effect("separates users and rejects", () =>
    Effect.gen(function* () {
      const [users, rejects] = yield* Stream.partition(records, Records.user)
      const [loaded, rejected] = yield* Effect.all([Stream.runCollect(users), Stream.runCollect(rejects)], {
        concurrency: 2,
      })
      assert.lengthOf(loaded, 2)
      assert.deepStrictEqual(
        rejected.map(({ line }) => line),
        [3],
      )
    }).pipe(Effect.scoped),
  )
})
