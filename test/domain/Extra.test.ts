import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaIssue } from "effect"
import * as Extra from "../../src/domain/Extra.ts"
import { User } from "../../src/domain/User.ts"

const formatIssue = SchemaIssue.makeFormatterDefault()

/** Why a user cannot have it; undefined: it can. */
const refusal = (extra: unknown): string | undefined => {
  try {
    User.make({ email: "a@example.com", extra: extra as string })
    return undefined
  } catch (error) {
    return formatIssue((error as { cause: SchemaIssue.Issue }).cause)
  }
}

const Name = Schema.Union([Schema.String, Schema.Literals(["7", "10", "__proto__", "", "Tags (2)", "ä", "\u{1f600}"])])
const Texts = Schema.Record(
  Name,
  Schema.Union([Schema.String, Schema.Literals(["", "\\u0000", '"', "\n"]), Schema.Null]),
)

/** Pairs as an object has them: of one name the last. */
const objectOf = (pairs: ReadonlyArray<readonly [string, string | null]>) => Object.fromEntries(pairs)

describe("Extra", () => {
  it("has names in the order of their code units, and no empty texts", () => {
    assert.strictEqual(
      Extra.make({ b: "1", "10": "ten", a: 'say "x"', "7": "seven", B: "", c: null, d: undefined, ä: " " }),
      '{"10":"ten","7":"seven","a":"say \\"x\\"","b":"1","ä":" "}',
    )
    for (const texts of [{}, { a: "" }, { a: null }, { a: undefined }]) assert.isNull(Extra.make(texts))
    assert.deepStrictEqual(Extra.toObject(null), {})
  })

  it.prop(
    "is one text for equal texts, whatever the order of their names, and has them all",
    { texts: Texts, seed: Schema.Int },
    ({ seed, texts }) => {
      const pairs = Object.entries(texts)
      const turn = pairs.length === 0 ? 0 : Math.abs(seed) % pairs.length
      const extra = Extra.make(texts)
      assert.strictEqual(Extra.make(objectOf([...pairs.slice(turn), ...pairs.slice(0, turn)].toReversed())), extra)
      const filled = pairs.filter(([, text]) => text !== null && text !== "")
      assert.deepStrictEqual(
        Object.entries(Extra.toObject(extra)).sort(([left], [right]) => (left < right ? -1 : 1)),
        filled.sort(([left], [right]) => (left < right ? -1 : 1)) as Array<[string, string]>,
      )
      assert.strictEqual(extra === null ? null : Extra.make(Extra.toObject(extra)), extra)
      const isStorable = filled.every((pair) => pair.every((text) => text!.isWellFormed() && !text!.includes("\0")))
      assert.strictEqual(refusal(extra) === undefined, isStorable)
    },
    { arbitrary: { runs: 300 } },
  )

  it.each([
    ["", "is not the text that Extra.make makes"],
    ["{}", "is not the text that Extra.make makes"],
    ['{"a":""}', "is not the text that Extra.make makes"],
    ['{ "a": "1" }', "is not the text that Extra.make makes"],
    ['{"b":"1","a":"2"}', "is not the text that Extra.make makes"],
    ['{"a":"1","a":"2"}', "is not the text that Extra.make makes"],
    ['{"a":"\\u0041"}', "is not the text that Extra.make makes"],
    ["text", "is not a JSON object whose values are texts"],
    ['{"a":1}', "is not a JSON object whose values are texts"],
    ['{"a":null}', "is not a JSON object whose values are texts"],
    ['{"a":{"b":"c"}}', "is not a JSON object whose values are texts"],
    ['["a"]', "is not a JSON object whose values are texts"],
    ["null", "is not a JSON object whose values are texts"],
    [Extra.make({ note: "a\0" }), "contains a NUL character, which PostgreSQL cannot store"],
    [Extra.make({ "no\0te": "a" }), "contains a NUL character, which PostgreSQL cannot store"],
    [Extra.make({ note: "a\ud800" }), "contains half of a surrogate pair"],
    [Extra.make({ "a\ud800": "1" }), "contains half of a surrogate pair"],
    [{ a: "1" }, "Expected string | null"],
  ])("%j is refused: %s", (extra, reason) => {
    assert.include(refusal(extra), reason)
  })

  it("a backslash before u0000 is text", () => {
    assert.isUndefined(refusal(Extra.make({ note: "C:\\u0000" })))
  })

  it.each(["x", "é", "王", "\u{1f600}", '"', "\n"])(
    "takes 65,536 bytes of JSON in UTF-8, and no more: %j",
    (character) => {
      const size = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2
      const count = Math.floor((65_536 - Buffer.byteLength('{"a":""}')) / size(character))
      const rest = 65_536 - Buffer.byteLength('{"a":""}') - count * size(character)
      const full = character.repeat(count) + "x".repeat(rest)
      assert.strictEqual(Buffer.byteLength(Extra.make({ a: full })!), 65_536)
      assert.isUndefined(refusal(Extra.make({ a: full })))
      assert.include(refusal(Extra.make({ a: `${full}x` })), "is longer than 65,536 bytes of JSON")
    },
  )
})
