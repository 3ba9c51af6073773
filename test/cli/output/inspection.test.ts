import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { formatInspection } from "../../../src/cli/output/formatInspection.ts"
import { hasEmail, isDecided } from "../../../src/cli/output/inspection/isDecided.ts"
import { nextCommands } from "../../../src/cli/output/inspection/nextCommands.ts"
import { mappingName } from "../../../src/cli/usage/inspectCommand.ts"
import { inspectSample } from "../../../src/csv/inspect/inspectSample.ts"
import { inspect } from "../../../src/csv/Inspection.ts"

const show = (content: string) =>
  Effect.map(Stream.succeed(new TextEncoder().encode(content)).pipe(inspect()), (inspection) => {
    const mapping = inspection.mapping.object
    const inspected = {
      words: ["inspect", "--source", "a.csv"],
      layouts: [{ uris: ["/a.csv"], inspection }],
      mapping,
      given: undefined,
    }
    return {
      mapping,
      text: formatInspection(["a.csv"], inspection, 1_000).join("\n"),
      next: nextCommands({ ...inspected, written: undefined }),
      afterOut: nextCommands({ ...inspected, written: "a.mapping.json" }),
    }
  })

describe("what an inspection prints", () => {
  it.effect("lets a person choose between headers of e-mails in the mapping", () =>
    Effect.gen(function* () {
      const { afterOut, mapping, next, text } = yield* show("Work Email,Private Email\na@x.com,a@home.org\n")
      assert.include(text, '- email could be "Work Email" or "Private Email".')
      assert.strictEqual(hasEmail(mapping), true)
      assert.strictEqual(isDecided(mapping), false)
      assert.deepStrictEqual(next, [
        "etl inspect --source a.csv --out a.mapping.json",
        "etl --source a.csv --mapping a.mapping.json",
      ])
      assert.strictEqual(afterOut[0], "etl inspect --source a.csv --mapping a.mapping.json")
    }),
  )

  it.effect.each([
    ["id,notes\n1,write to a@x.com\n", "- No header is that of the e-mails"],
    ["a,b\n", "- No header is that of the e-mails"],
    ["Email,Email\na@x.com,b@x.com\n", '- "Email" has e-mails, and no mapping can name it'],
    [",name\na@x.com,Ada\n", '- "column 1" has e-mails, and no mapping can name it'],
    ["*,name\na@x.com,Ada\n", '- "*" has e-mails, and no mapping can name it'],
  ] as const)("prints no command that would fail, but why: %j", ([content, why]) =>
    Effect.gen(function* () {
      const { next, text } = yield* show(content)
      assert.deepStrictEqual(next, [])
      assert.include(text, why)
    }),
  )

  it.effect("says once why nothing of a linked file is shown", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode("mail,name\na@x.com,Ada\n")
      const options = { mapping: undefined, format: {}, maxRecordSize: 1_000, isLinked: true }
      const inspection = yield* Effect.fromResult(inspectSample({ bytes, isWhole: true }, options))
      const text = formatInspection(["a.csv"], inspection, 1_000).join("\n")
      assert.include(text, "A link leads to this file: its text is not shown. Name the file itself with --source.")
      assert.notInclude(text, "To decide")
      assert.notInclude(text, "mail,")
    }),
  )

  it.effect("says where a record is before any header", () =>
    Effect.gen(function* () {
      const { text } = yield* show("email,name\na@x.com,A,\nb@x.com,B,\n")
      assert.include(text, "Line 2 is a record, and no line before it is a header of as many fields: the mapping names")
      const first = yield* show("a@x.com,A\nb@x.com,B\n")
      assert.include(first.text, "The first line is a record: the mapping names the fields")
    }),
  )

  it.effect("names a field that has the name of a column, and other values", () =>
    Effect.gen(function* () {
      const { text } = yield* show(
        "email,Created,Status,mail,sex\na@x.com,soon,new,x,\nb@x.com,later,old,y,\nc@x.com,-,mid,z,\n",
      )
      assert.include(
        text,
        '"Created" has the name of created_at, but most of its values cannot be read as that. It is not mapped.',
      )
      assert.include(
        text,
        '"Status" has the name of status, but most of its values cannot be read as that. It is not mapped.',
      )
      // Another field is the e-mail; an empty one fits.
      assert.notInclude(text, '"mail" has')
      assert.notInclude(text, '"sex" has')
    }),
  )

  it.effect("names a field to keep that a mapping can name", () =>
    Effect.gen(function* () {
      const one = yield* show("mail,,x,x,*,city\na@x.com,1,2,3,4,5\n")
      assert.include(one.text, 'The mapping keeps one by "city": "extra.city", all by "*": "extra".')
      const none = yield* show("mail,x,x\na@x.com,1,2\n")
      assert.include(none.text, 'Not loaded: x, x. The mapping keeps all by "*": "extra".')
    }),
  )

  it.effect("repeats the flags of the command for the files of each layout", () =>
    Effect.gen(function* () {
      const both = ["Email,First Name\na@x.com,A\n", "Email,Status\na@x.com,true\n"]
      const [left, right] = yield* Effect.forEach(both, (content) =>
        Stream.succeed(new TextEncoder().encode(content)).pipe(inspect()),
      )
      const next = (words: ReadonlyArray<string>, uris: readonly [string, string]) =>
        nextCommands({
          words,
          layouts: [
            { uris: [uris[0]], inspection: left! },
            { uris: [uris[1]], inspection: right! },
          ],
          mapping: undefined,
          given: undefined,
          written: undefined,
        })
      assert.deepStrictEqual(
        next(["inspect", "--source", "in", "--pattern=**", "--comment", "#", "--json"], ["/in/a.csv", "/in/-b.csv"]),
        [
          "etl inspect --source /in/a.csv --comment '#' --out a.mapping.json",
          "etl inspect --source /in/-b.csv --comment '#' --out=-b.mapping.json",
        ],
      )
      assert.deepStrictEqual(
        next(["inspect", "--source", "in"], ["/in/x/a.csv", "/in/y/a.csv"]).map((command) => command.split(" ").at(-1)),
        ["a.mapping.json", "a-2.mapping.json"],
      )
      assert.deepStrictEqual(
        next(["inspect", "--source", "k", "--aws", "--bucket", "b", "--sign"], ["s3://b/k/a.csv", "s3://b/k/b.csv"]),
        [
          "etl inspect --source k/a.csv --aws --bucket b --sign --out a.mapping.json",
          "etl inspect --source k/b.csv --aws --bucket b --sign --out b.mapping.json",
        ],
      )
    }),
  )

  it.effect("prints flags whose values begin with a dash as they are read", () =>
    Effect.gen(function* () {
      const inspection = yield* Stream.succeed(new TextEncoder().encode("mail\na@x.com\n")).pipe(inspect())
      const layouts = [{ uris: ["/-a.csv"], inspection }]
      const mapping = inspection.mapping.object
      const words = ["inspect", "--source=-a.csv"]
      assert.deepStrictEqual(nextCommands({ words, layouts, mapping, given: undefined, written: undefined }), [
        "etl inspect --source=-a.csv --out=-a.mapping.json",
        "etl --source=-a.csv --mapping=-a.mapping.json",
      ])
    }),
  )

  it("names the file of a mapping", () => {
    assert.strictEqual(mappingName("stdin:"), "stdin.mapping.json")
    assert.strictEqual(mappingName("/in/a:1.csv.gz"), "a:1.mapping.json")
    assert.strictEqual(mappingName(""), "column.mapping.json")
  })

  it.effect("counts the malformed among the records", () =>
    Effect.gen(function* () {
      const { text } = yield* show('mail,name\na@x.com,Ada\nb@x.com,"Bo"x\n')
      assert.match(text, /^ {2}2 records$/m)
      assert.include(text, "1 of 2 records would be rejected")
    }),
  )
})
