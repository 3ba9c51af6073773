import { assert, describe, it } from "@effect/vitest"
import { Context, Data, Effect, Layer, Ref, Result, Schema, Stream } from "effect"
import { decode, recordsInOrder } from "../../src/csv/decodeRecords.ts"
import { frame } from "../../src/csv/frameRecords.ts"
import { isReject } from "../../src/csv/Records.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import type { RecordToLoad } from "../../src/source/recordsSource.ts"
import { Source } from "../../src/source/Source.ts"
import * as Testing from "../../src/testing.ts"
import { blankRecord, decodeUser } from "../utils/records.ts"
import { onlyFile, read, readFailure } from "../utils/sources.ts"

const build = (layer: Layer.Layer<Source>) => Effect.map(Layer.build(layer), Context.get(Source))

const textOf = (layer: Layer.Layer<Source>) =>
  Effect.gen(function* () {
    const source = yield* build(layer)
    return (yield* read(source, yield* onlyFile(source))).toString()
  }).pipe(Effect.scoped)

class QueryFailed extends Data.TaggedError("QueryFailed")<{ readonly message: string }> {}

describe("Source.fromRecords", () => {
  const csvOf = (records: ReadonlyArray<RecordToLoad>, header?: ReadonlyArray<string>) =>
    textOf(Source.fromRecords("people.csv", Stream.fromIterable(records), { header }))

  it.effect("writes each kind of value as a file has it", () =>
    Effect.gen(function* () {
      const text = yield* csvOf([
        {
          id: 1,
          big: 12345678901234567890n,
          name: "Ada",
          on: true,
          day: new Date("2024-02-29T10:11:12.345Z"),
          no: null,
        },
        { id: -0.5, big: 0n, name: 'a,"b"\r\nc', on: false, day: new Date(Number.NaN), no: undefined },
        { id: 1e21, name: "" },
      ])
      assert.strictEqual(
        text,
        "id,big,name,on,day,no\n1,12345678901234567890,Ada,true,2024-02-29T10:11:12.345Z,\n" +
          '-0.5,0,"a,""b""\r\nc",false,Invalid Date,\n1e+21,,,,,\n',
      )
    }),
  )

  it.effect("takes the header from the first record, or as it is given", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* csvOf([{ b: 1, a: 2 }, { a: 3 }]), "b,a\n1,2\n,3\n")
      assert.strictEqual(yield* csvOf([{ b: 1 }, { a: 3 }], ["a", "b", "c"]), "a,b,c\n,1,\n3,,\n")
      assert.strictEqual(yield* csvOf([], ["a", "b"]), "a,b\n")
      assert.strictEqual(yield* csvOf([]), "")
      const kin = JSON.parse('{"__proto__":1,"constructor":2}') as RecordToLoad
      assert.strictEqual(yield* csvOf([kin, {}]), "__proto__,constructor\n1,2\n,\n")
    }),
  )

  const Field = Schema.Union([Schema.String, Schema.Literals(["", "\n", "\r", '"', ",", " ", "\ufeff", "é"])])

  it.effect.prop(
    "gives the decoder each record, whatever is in it",
    {
      rows: Schema.Array(
        Schema.Struct({ email: Schema.Union([Schema.Literal(" A@example.com"), Field]), name: Field }),
      ).check(Schema.isMaxLength(20)),
      columns: Schema.Literals([1, 2]),
    },
    ({ rows, columns }) =>
      Effect.gen(function* () {
        const header = ["email", "name"].slice(0, columns)
        const records = rows.map(({ email, name }) => (columns === 1 ? { email } : { email, name }))
        const source = yield* build(Source.fromRecords("a.csv", Stream.fromIterable(records), { header }))
        const mapping = ColumnMapping.make(columns === 1 ? { email: "email" } : { email: "email", name: "first_name" })
        const file = yield* onlyFile(source)
        const decoded = yield* source
          .read(file, 0)
          .pipe(
            frame({ mapping, format: {}, known: file.format, maxRecordSize: 1_048_576, resume: undefined }),
            decode,
            Stream.runCollect,
          )
        const found = decoded.flatMap(recordsInOrder)
        assert.lengthOf(found, rows.length)
        for (const [index, record] of found.entries()) {
          const { email, name = "" } = records[index] as { readonly email: string; readonly name?: string }
          const expected =
            email.isWellFormed() && name.isWellFormed()
              ? decodeUser({ ...blankRecord, email, first_name: name })
              : Result.fail([{ column: null, message: "not valid UTF-8" }])
          assert.deepStrictEqual(isReject(record) ? Result.fail(record.reasons) : Result.succeed(record.user), expected)
        }
      }).pipe(Effect.scoped),
  )

  it.effect("has values that are read as the run says, and no date whose order nothing shows", () =>
    Effect.gen(function* () {
      const records = Stream.make({ email: "a@example.com", name: "NULL", ip: "?", joined: "3/4/2024", on: "4/4/2024" })
      const source = yield* build(Source.fromRecords("a.csv", records))
      const file = yield* onlyFile(source)
      const own = ColumnMapping.make({
        email: "email",
        name: "first_name",
        ip: "ip_address",
        joined: "created_at",
        on: "updated_at",
      })
      const format = { nullWords: ["NULL"], onBadValue: "null" } as const
      const options = { mapping: own, format, known: file.format, maxRecordSize: 1_048_576, resume: undefined }
      const [batch] = yield* source.read(file, 0).pipe(
        frame(options),
        decode,
        Stream.filter(({ records }) => records.length > 0),
        Stream.runCollect,
      )
      const [record] = batch!.records
      const user = {
        email: "a@example.com",
        first_name: null,
        ip_address: null,
        created_at: null,
        updated_at: "2024-04-04",
      }
      const blanked = isReject(record!) ? [] : record!.blanked!.map(({ column, value }) => [column, value])
      assert.deepStrictEqual(blanked, [
        ["ip_address", "?"],
        ["created_at", "3/4/2024"],
      ])
      assert.deepInclude(isReject(record!) ? {} : record!.user, user)
    }).pipe(Effect.scoped),
  )

  it.effect("reads from any byte on, and asks the stream again for each reading", () =>
    Effect.gen(function* () {
      let readings = 0
      const records = Stream.suspend(() => {
        readings++
        return Stream.fromIterable(Array.from({ length: 5_000 }, (_, id) => ({ id })))
      })
      const source = yield* build(Source.fromRecords("a.csv", records))
      const file = yield* onlyFile(source)
      assert.deepInclude(file, { uri: "records:/a.csv", name: "a.csv" })
      const whole = yield* read(source, file)
      assert.strictEqual(whole.toString(), `id\n${Array.from({ length: 5_000 }, (_, id) => `${id}\n`).join("")}`)
      assert.deepStrictEqual(yield* read(source, file, 20_000), whole.subarray(20_000))
      assert.strictEqual(readings, 2)
    }).pipe(Effect.scoped),
  )

  it.effect("may have any name", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* textOf(Source.fromRecords("people.csv.gz", Stream.make({ id: 1 }))), "id\n1\n")
    }),
  )

  it.effect("is another file at each listing, unless the caller gives a fingerprint", () =>
    Effect.gen(function* () {
      const records = Stream.make({ id: 1 })
      const fresh = yield* build(Source.fromRecords("a.csv", records))
      assert.notStrictEqual((yield* onlyFile(fresh)).fingerprint, (yield* onlyFile(fresh)).fingerprint)
      const known = yield* build(Source.fromRecords("a.csv", records, { fingerprint: "v1" }))
      assert.strictEqual((yield* onlyFile(known)).fingerprint, "v1")
    }).pipe(Effect.scoped),
  )

  it.effect("refuses what a file would lose", () =>
    Effect.gen(function* () {
      const failure = (...records: ReadonlyArray<object>) => Effect.flip(csvOf(records as ReadonlyArray<RecordToLoad>))
      const other = yield* failure({ id: 1 }, { id: 2, "na\u001bme": "Ada" })
      assert.deepInclude(other, {
        _tag: "SourceError",
        operation: "read",
        uri: "records:/people.csv",
        reason: "record",
      })
      assert.strictEqual(
        other.message,
        'records:/people.csv: record 2 has a field "na\\u001bme" that the header lacks. Give the header with all names.',
      )
      for (const value of [{}, [], () => 1]) {
        assert.include((yield* failure({ id: value })).message, 'record 1 has an object in the field "id"')
      }
    }),
  )

  it.effect("passes an error of the stream on, as the file's, with its cause", () =>
    Effect.gen(function* () {
      const cause = new QueryFailed({ message: "connection lost" })
      const source = yield* build(
        Source.fromRecords("a.csv", Stream.concat(Stream.make({ id: 1 }), Stream.fail(cause))),
      )
      const error = yield* readFailure(source, yield* onlyFile(source))
      assert.deepInclude(error, { reason: "stream", message: "records:/a.csv: connection lost" })
      assert.strictEqual(error.cause, cause)
    }).pipe(Effect.scoped),
  )

  it.effect("runs the stream with the services of its layer", () =>
    Effect.gen(function* () {
      class People extends Context.Service<People, ReadonlyArray<string>>()("test/People") {}
      const records = Stream.unwrap(
        Effect.map(People, (people) => Stream.fromIterable(people.map((email) => ({ email })))),
      )
      const layer = Source.fromRecords("a.csv", records).pipe(Layer.provide(Layer.succeed(People, ["a@example.com"])))
      assert.strictEqual(yield* textOf(layer), "email\na@example.com\n")
    }),
  )

  it.effect("loads as any file: mapped, rejected with lines, resumed where a fingerprint is given", () =>
    Effect.gen(function* () {
      const people = Array.from({ length: 6 }, (_, index) => ({
        Mail: index === 1 ? "nobody" : `u${index}@example.com`,
        Active: index % 2 === 0,
        Since: new Date(Date.UTC(2024, 0, index + 1)),
      }))
      const mapping = ColumnMapping.make({ Mail: "email", Active: "status", Since: "updated_at" })
      const run = (records: Stream.Stream<RecordToLoad, unknown>, fingerprint?: string) =>
        Pipeline.run({ mapping, chunkSize: 2, maxRejects: { _tag: "Records", records: 9 } }).pipe(
          Effect.provide(Source.fromRecords("people.csv", records, { fingerprint })),
        )
      const all = Stream.fromIterable(people)
      const broken = Stream.concat(Stream.take(all, 5), Stream.fail(new QueryFailed({ message: "connection lost" })))

      const failed = yield* run(broken, "v1")
      assert.deepStrictEqual(
        failed.files.map(({ state, error }) => [state, error]),
        [["failed", "records:/people.csv: connection lost"]],
      )
      const resumed = yield* run(all, "v1")
      assert.deepStrictEqual([resumed.runId, resumed.attempt], [failed.runId, 2])
      assert.deepInclude(resumed.totals, { read: 6, inserted: 5, rejected: 1 })
      assert.deepInclude(failed.rejectedFor[0], { file: "people.csv", line: 3 })
      assert.strictEqual((yield* run(all, "v1")).files[0]!.state, "skipped")
      assert.deepInclude((yield* run(all)).totals, { read: 6, unchanged: 5, rejected: 1 })
      const { users } = yield* Testing.Tables
      assert.deepInclude((yield* Ref.get(users)).get("u4@example.com")?.user, {
        status: true,
        updated_at: "2024-01-05",
      })
    }).pipe(Effect.provide(Layer.merge(Testing.layerRepo, GeoLocator.none))),
  )
})
