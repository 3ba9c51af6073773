import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, Stream } from "effect"
import { makeFileDecoder } from "../../src/csv/decodeFile.ts"
import { isReject, recordsInOrder } from "../../src/csv/decodeRecords.ts"
import * as Records from "../../src/csv/Records.ts"
import { RowSet } from "../../src/domain/rows/RowSet.ts"
import { mapping } from "../utils/csv.ts"

const lines = [
  "email,name",
  "name,email",
  "email;name",
  "other,names",
  "sep=;",
  "a@example.com,Ada",
  "Ada,a@example.com",
  "b@example.com;Bo",
  'B@example.com,"x\ny"',
  '"',
  "nobody,1",
  "",
  "é@example.com,é",
  "c@example.com,NULL,",
]

const Drawn = Schema.Array(
  Schema.Struct({
    header: Schema.Literals(["email,name", "email,name", "name,email", "email;name", "\ufeffemail,name", "mail", ""]),
    lines: Schema.Array(Schema.Literals(lines)).check(Schema.isMaxLength(8)),
    lineEnd: Schema.Literals(["\n", "\n", "\r\n", "\r"]),
  }),
).check(Schema.isMaxLength(6))

const options = { mapping, format: {}, maxRecordSize: 1000, mostRecords: 100 }

describe("decodeFile", () => {
  it.effect.prop(
    "decodes files one after the other as a Stream of each does, or fails as it does",
    { files: Drawn },
    Effect.fnUntraced(function* ({ files }) {
      const decode = makeFileDecoder(options)
      for (const [fileId, { header, lineEnd, lines }] of files.entries()) {
        const bytes = new TextEncoder().encode([header, ...lines].join(lineEnd))
        const streamed = yield* Stream.make(bytes).pipe(Records.stream(options), Stream.runCollect, Effect.result)
        const decoded = Result.map(decode(bytes, { fileId }), (decoded) => decoded!.batches.flatMap(recordsInOrder))
        if (Result.isFailure(streamed)) {
          assert.deepStrictEqual(decoded, Result.fail(streamed.failure))
          continue
        }
        const records = Result.getOrThrow(decoded)
        const users = records.flatMap((record) => (isReject(record) ? [] : [record]))
        const expected = streamed.success.flatMap((record) => (isReject(record) ? [] : [{ ...record }]))
        assert.deepStrictEqual(records.filter(isReject), streamed.success.filter(isReject))
        assert.deepStrictEqual(
          users.map(({ user, line, fileId }) => ({ user, line, fileId })),
          expected.map(({ user, line }) => ({ user, line, fileId })),
        )
        assert.deepStrictEqual(
          users.map(({ instant, raw }) => ({ instant, raw: Buffer.from(raw).toString() })),
          RowSet.of(streamed.success.flatMap((record) => (isReject(record) ? [] : [record]))).records.map(
            ({ instant, raw }) => ({ instant, raw: Buffer.from(raw).toString() }),
          ),
        )
      }
    }),
  )

  it.effect("makes what a header needs again where it has forgotten it", () =>
    Effect.sync(() => {
      const decode = makeFileDecoder(options)
      for (let round = 0; round < 2; round++) {
        for (let number = 0; number < 40; number++) {
          const bytes = new TextEncoder().encode(`email,name,${"x".repeat(number)}\na@example.com,Ada,\n`)
          const { batches } = Result.getOrThrow(decode(bytes, { fileId: number }))!
          const records = batches.flatMap(recordsInOrder)
          assert.deepStrictEqual(
            records.map((record) => !isReject(record) && [record.user.first_name, record.fileId]),
            [["Ada", number]],
          )
        }
      }
    }),
  )

  it.effect("does not decode a file with too many records to its end", () =>
    Effect.sync(() => {
      const decode = makeFileDecoder({ ...options, mostRecords: 3 })
      const read = (records: number) =>
        Result.getOrThrow(decode(Buffer.from(`email,name\n${"a@example.com,Ada\n".repeat(records)}`), { fileId: 1 }))
      assert.strictEqual(read(3)?.count, 3)
      assert.isUndefined(read(4))
      assert.strictEqual(read(2)?.count, 2)
    }),
  )
})
