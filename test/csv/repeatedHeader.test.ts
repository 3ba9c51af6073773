import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { decode, recordsInOrder } from "../../src/csv/decodeRecords.ts"
import { frame } from "../../src/csv/frameRecords.ts"
import { split } from "../../src/csv/split.ts"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import type { FormatOptions } from "../../src/domain/FormatOptions.ts"
import { mapping, read, rejects, users } from "../utils/csv.ts"

const header = "id,email,name\n"
const row = "1,a@example.com,Ada\n"

const options = (format: FormatOptions, own = mapping) => ({
  mapping: own,
  format,
  maxRecordSize: 1000,
  resume: undefined,
})

const decoded = (text: string, format: FormatOptions = {}) =>
  Stream.succeed(new TextEncoder().encode(text)).pipe(frame(options(format)), decode, Stream.runCollect)

const split20 = (content: Uint8Array, own = mapping, format: FormatOptions = {}) =>
  Stream.succeed(content).pipe(split({ ...options(format, own), splitSize: 20 }))

describe("a row with the header's names", () => {
  it.effect(
    "in the same fields is no record, and counted: in any case, after a byte order mark, with others beside",
    () =>
      Effect.gen(function* () {
        for (const same of [
          header,
          " ID , Email,\u00a0NAME \n",
          "\uFEFFid,email,name\n",
          "other,email,name\n",
          '"id","email","name"\n',
        ]) {
          const batches = yield* decoded(`${header}${row}${same}${row}`)
          assert.strictEqual(
            batches.reduce((sum, { repeatedHeaders }) => sum + repeatedHeaders, 0),
            1,
            same,
          )
          const chunks = yield* read(`${header}${row}${same}${row}`, { format: {} })
          assert.lengthOf(users(chunks), 2)
          assert.deepStrictEqual(rejects(chunks), [])
        }
      }),
  )

  it.effect("in the same fields is none where it has fewer or more, either", () =>
    Effect.gen(function* () {
      const chunks = yield* read(`${header}${row}id,email,name,more\n2,b@example.com,Bo\n`, { format: {} })
      assert.lengthOf(users(chunks), 2)
      assert.deepStrictEqual(rejects(chunks), [])
    }),
  )

  it.effect("in other fields fails the file there, after the records before it; a file that is split, before all", () =>
    Effect.gen(function* () {
      const text = `${header}${row}${row}name,id,email\nBo,2,b@example.com\n`
      const message =
        "Line 4 is another header, with other columns or in another order: the rows after it are another file's. Split the file there."
      const seen: Array<string> = []
      const error = yield* Stream.succeed(new TextEncoder().encode(text)).pipe(
        frame(options({})),
        decode,
        Stream.runForEach((decoded) =>
          Effect.sync(() => seen.push(...recordsInOrder(decoded).map(({ line }) => `line ${line}`))),
        ),
        Effect.flip,
      )
      assert.deepInclude(error, { reason: "otherHeader", message })
      assert.deepStrictEqual(seen, ["line 2", "line 3"])
      assert.deepInclude(yield* Effect.flip(split20(new TextEncoder().encode(text))), {
        reason: "otherHeader",
        message,
      })
    }),
  )

  it.effect(
    "in other fields is found by a split in any encoding, also where other characters have the byte of an at sign",
    () =>
      Effect.gen(function* () {
        const text = `${header}${row}name,\u4000,id,email\n`
        const error = yield* Effect.flip(split20(Buffer.from(`\uFEFF${text}`, "utf16le")))
        assert.strictEqual(error.reason, "otherHeader")
        const own = ColumnMapping.make({ email: "email", name: "first_name" })
        const kana = Buffer.concat([
          Buffer.from(`${header}${row}name,`),
          Uint8Array.of(0x83, 0x40),
          Buffer.from(",email\n"),
        ])
        assert.strictEqual((yield* Effect.flip(split20(kana, own, { encoding: "shift_jis" }))).reason, "otherHeader")
      }),
  )

  it.effect("is a record where it has an e-mail, or one name only of several", () =>
    Effect.gen(function* () {
      const rows = ["name,b@example.com,email\n", "9,name,Bo\n", "name,x@example.com,id\n", "email,not one,x\n"]
      const chunks = yield* read(header + row + rows.join(""), { format: {} })
      assert.lengthOf(users(chunks), 3)
      assert.deepStrictEqual(
        rejects(chunks).map(([line]) => line),
        [4, 6],
      )
      yield* split20(new TextEncoder().encode(header + row + rows.join("")))
    }),
  )

  it.effect("is another header by its only name", () =>
    Effect.gen(function* () {
      const own = ColumnMapping.make({ Mail: "email" })
      const error = yield* Effect.flip(read("id,Mail\n1,a@example.com\nMail,id\n", { format: {}, mapping: own }))
      assert.strictEqual(error.message.split(",")[0], "Line 3 is another header")
    }),
  )

  const named = ColumnMapping.make({ Email: "email", Phone: "extra.phone", Fax: "extra.fax" })
  const all = ColumnMapping.make({ Email: "email", "*": "extra" })
  const few = ColumnMapping.make({ Email: "email", Phone: "extra.phone" })
  const wide = ColumnMapping.make({ Email: "email", Name: "first_name", "*": "extra" })

  it.effect.each([
    [named, "Email,Phone,Fax", "Email,Fax,Phone"],
    [all, "Email,Phone", "Email,Fax"],
    [all, "Email,Phone,", "Email,Phone,Fax"],
    [all, "Email,Phone,Fax", "Email,Fax,Phone"],
    [few, "Email,Phone", "Email,Fax"],
    [wide, "Email,Name,Phone", "Email,Name,Fax"],
  ] as const)("is another header where extra keeps fields of other names: %#", ([own, first, second]) =>
    Effect.gen(function* () {
      const row = `a@example.com${",1".repeat(first.split(",").length - 1)}\n`
      const text = `${first}\n${row}${second}\n${row}`
      const error = yield* Effect.flip(read(text, { format: {}, mapping: own }))
      assert.strictEqual(error.message.split(",")[0], "Line 3 is another header")
      assert.include((yield* Effect.flip(split20(new TextEncoder().encode(text), own))).message, "another header")
    }),
  )

  it.effect.each([
    [named, "Email,Phone,Fax,Zip", "email, PHONE ,Fax,Other"],
    [all, "Email,Phone,", "Email,Phone"],
    [all, "Email,Phone,Fax", '"Email","Phone","Fax"'],
    [few, "Email,Phone,Fax", "Email,Phone,Zip"],
    [wide, "Email,Name,@id", "Email,Name,@id"],
  ] as const)("is the same header where all that are kept have their names: %#", ([own, first, second]) =>
    Effect.gen(function* () {
      const row = `a@example.com${",1".repeat(first.split(",").length - 1)}\n`
      const chunks = yield* read(`${first}\n${row}${second}\n${row}`, { format: {}, mapping: own })
      assert.lengthOf(users(chunks), 2)
      assert.deepStrictEqual(rejects(chunks), [])
    }),
  )

  it.effect("is a record where only one value is the name of a field that extra keeps", () =>
    Effect.gen(function* () {
      const text = "Email,Phone,Fax\nno address,phone,1\nb@example.com,phone,fax\n"
      const chunks = yield* read(text, { format: {}, mapping: named })
      assert.lengthOf(users(chunks), 1)
      assert.lengthOf(rejects(chunks), 1)
    }),
  )
})
