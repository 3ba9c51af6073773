import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Stream } from "effect"
import { gzipSync } from "node:zlib"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { checkTogether, type InspectFilesOptions, inspectFiles, layoutsOf } from "../../src/pipeline/Inspect.ts"
import type { FilesInMemory } from "../../src/source/bytesSource.ts"
import { Source } from "../../src/source/Source.ts"

const inspect = (files: FilesInMemory, options: Partial<InspectFilesOptions> = {}) =>
  Stream.runCollect(inspectFiles({ format: {}, maxRecordSize: 1_048_576, ...options })).pipe(
    Effect.provide(Source.fromBytes(files)),
  )

describe("the files of a source", () => {
  it.effect("are inspected each by itself, in order, whatever they are", () =>
    Effect.gen(function* () {
      const inspected = yield* inspect({
        "a.csv": "mail,name\na@x.com,A\n",
        "b.csv": "",
        "c.csv.gz": new Uint8Array(gzipSync("id;Vorname;E-Mail\n1;Ada;a@x.com\n")),
      })
      assert.deepStrictEqual(
        inspected.map(({ file, result }) => [
          file.name,
          Result.match(result, {
            onFailure: ({ message, reason }) => [reason, message],
            onSuccess: ({ mapping }) => mapping.object.columns,
          }),
        ]),
        [
          ["a.csv", { mail: "email" }],
          [
            "b.csv",
            ["header", "memory:/b.csv: The file is empty, without even a header. Export it again, or remove it."],
          ],
          ["c.csv.gz", { id: "source_id", Vorname: "first_name", "E-Mail": "email" }],
        ],
      )
      assert.lengthOf(layoutsOf(inspected), 2)
    }),
  )

  it.effect("are joined where they have one layout: counts are added, and what one proves holds for all", () =>
    Effect.gen(function* () {
      const header = "mail,joined,status,ip\n"
      const inspected = yield* inspect({
        "1.csv": `${header}a@x.com,1/2/2024,aktiv,10.0.0.1\nb@x.com,1/3/2024,gesperrt,10.0.0.2\nno,1/4/2024,aktiv,\n`,
        "2.csv": `${header}c@x.com,1/31/2024,inaktiv,::1\nd@x.com,NULL,aktiv,10.0.0.3:80\n,1/1/2024,aktiv,x\n`,
        "3.csv": `mail,joined,status\nc@x.com,2024-01-01,active\n`,
      })
      const layouts = layoutsOf(inspected)
      assert.deepStrictEqual(
        layouts.map(({ files }) => files.map(({ file }) => file.name)),
        [["1.csv", "2.csv"], ["3.csv"]],
      )
      const [{ inspection }] = layouts as [(typeof layouts)[0], ...typeof layouts]
      assert.strictEqual(inspection.records, 6)
      assert.deepStrictEqual(inspection.mapping.object.columns, {
        mail: "email",
        joined: { column: "created_at", format: "MM/DD/YYYY" },
        status: { column: "status", true: ["aktiv"], false: ["gesperrt", "inaktiv"] },
        ip: "ip_address",
      })
      assert.deepStrictEqual(inspection.mapping.proved, ColumnMapping.make(inspection.mapping.object.columns as never))
      const [mail, joined, status, ip] = inspection.fields
      assert.deepInclude(mail, { filled: 5, lookedAt: 5, kind: { _tag: "emails", count: 4 } })
      assert.deepInclude(joined, { nullWords: [{ word: "NULL", count: 1 }], filled: 6 })
      assert.deepInclude(status, {
        kind: {
          _tag: "booleans",
          words: [
            { word: "aktiv", count: 4 },
            { word: "gesperrt", count: 1 },
            { word: "inaktiv", count: 1 },
          ],
        },
      })
      assert.deepInclude(ip, { kind: { _tag: "addresses", v4: 3, v6: 1, withPort: 1 } })
      assert.deepInclude(inspection.check, { records: 6, rejected: 2 })
      assert.deepStrictEqual(
        inspection.check?.rejects.map(({ column, count, lines }) => [column, count, lines]),
        [
          ["email", 1, [4]],
          ["email", 1, [4]],
          ["ip_address", 1, [4]],
        ],
      )
    }),
  )

  it.effect("contradict each other: the formats that each proves are the choices", () =>
    Effect.gen(function* () {
      const inspected = yield* inspect({
        "1.csv": "mail,joined\na@x.com,1/31/2024\n",
        "2.csv": "mail,joined\na@x.com,31/1/2024\n",
        "3.csv": "mail,joined\na@x.com,1/1/2024\n",
      })
      const [layout] = layoutsOf(inspected)
      assert.deepStrictEqual(layout?.inspection.mapping.object.columns, {
        mail: "email",
        joined: { column: "created_at", format: "?", choices: ["MM/DD/YYYY", "DD/MM/YYYY"] },
      })
    }),
  )

  it.effect("are checked by a mapping as a load does", () =>
    Effect.gen(function* () {
      const mapping = ColumnMapping.make({ mail: "email" })
      const inspected = yield* inspect({ "a.csv": "mail\na@x.com\n", "b.csv": "name\nAda\n" }, { mapping })
      assert.deepStrictEqual(
        inspected.map(({ result }) =>
          Result.isSuccess(result) ? result.success.mapping.proved : result.failure.reason,
        ),
        [mapping, "header"],
      )
      assert.strictEqual(layoutsOf(inspected)[0]?.inspection.mapping.proved, mapping)
    }),
  )

  it.effect("show no text where a link leads to them", () =>
    Effect.gen(function* () {
      const text =
        "Secret title\nmail,name,joined,status\na@x.com,Hidden,1/5/2024,bloqueado\nb@x.com,Hidden,1/6/2024,\nc,,,\n"
      const linked = Layer.effect(
        Source,
        Effect.map(Source, (source) => ({
          ...source,
          files: Stream.map(source.files, (file) => ({ ...file, isLinked: true })),
        })),
      ).pipe(Layer.provide(Source.fromBytes({ "a.csv": text, "b.csv": "root:x:0\nbin:x:1\n" })))
      const [first, second] = yield* Stream.runCollect(inspectFiles({ format: {}, maxRecordSize: 1_048_576 })).pipe(
        Effect.provide(linked),
      )
      const inspected = Result.getOrThrow(first!.result)
      for (const shown of ["Hidden", "1/5", "bloq", "Secret", "x.com", '"c"', "mail", "joined", "status"]) {
        assert.notInclude(JSON.stringify(inspected).replaceAll('"emails"', ""), shown)
      }
      assert.isTrue(inspected.isLinked)
      assert.deepStrictEqual(inspected.mapping, { object: { columns: {} }, proved: null })
      assert.deepStrictEqual(inspected.notLoaded, ["column 1", "column 2", "column 3", "column 4"])
      const mapping = ColumnMapping.make({ mail: "email", joined: { column: "created_at", format: "DD/MM/YYYY" } })
      const [mapped] = yield* Stream.runCollect(inspectFiles({ mapping, format: {}, maxRecordSize: 1_048_576 })).pipe(
        Effect.provide(linked),
      )
      const { check, fields, notLoaded } = Result.getOrThrow(mapped!.result)
      for (const shown of ["Hidden", "1/5", "bloq", "Secret", "x.com", '"c"']) {
        assert.notInclude(JSON.stringify({ check, fields }), shown)
      }
      assert.deepStrictEqual(
        fields.map(({ name }) => name),
        ["column 1", "column 2", "column 3", "column 4"],
      )
      assert.deepStrictEqual(notLoaded, ["column 2", "column 4"])
      assert.isTrue(Result.isFailure(second!.result))
      assert.notInclude(JSON.stringify(second!.result), "root")
    }),
  )

  it.effect("are checked by the mapping of all of them, where it is not that of each", () =>
    Effect.gen(function* () {
      const options = { format: {}, maxRecordSize: 1_048_576 }
      const files = {
        "1.csv": "mail,joined,status\na@x.com,31/01/2024,yes\nb@x.com,30/01/2024,no\n",
        // Neither order reads the last one; nothing else shows the order.
        "2.csv": "mail,joined,status\nc@x.com,01/02/2024,tak\nd@x.com,03/02/2024,nie\ne@x.com,31/02/2024,tak\n",
      }
      const checked = yield* Effect.gen(function* () {
        const [layout, ...others] = layoutsOf(yield* Stream.runCollect(inspectFiles(options)))
        assert.lengthOf(others, 0)
        assert.strictEqual(layout!.inspection.check?.rejected, 0)
        return (yield* checkTogether(layout!, options)).inspection
      }).pipe(Effect.provide(Source.fromBytes(files)))
      const [again] = layoutsOf(yield* inspect(files, { mapping: checked.mapping.proved! }))
      assert.strictEqual(checked.check?.rejected, 3)
      assert.deepStrictEqual(checked.check, again!.inspection.check)
    }),
  )
})
