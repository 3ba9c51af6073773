import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { parsePlacedJson } from "../../src/text/placedJson.ts"

const faultOf = (json: string): string => Result.getOrThrow(Result.flip(parsePlacedJson(json)))

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const Mutation = Schema.Struct({
  place: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })),
  cut: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  put: Schema.Literals([
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\n",
    "\u0001",
    "1",
    "e",
    "-",
    ".",
    "/*",
    "//",
    "\u00a0",
    "\u2028",
    "'",
    "tru",
  ]),
})

it.prop(
  "what is JSON, and its value, is what JSON.parse says",
  { value: Schema.Json, mutations: Schema.Array(Mutation) },
  ({ mutations, value }) => {
    let text = JSON.stringify(value, null, 1)
    for (const { cut, place, put } of mutations.slice(0, 3)) {
      const at = place % (text.length + 1)
      text = text.slice(0, at) + put + text.slice(at + cut)
    }
    const parsed = parsePlacedJson(text)
    assert.strictEqual(Result.isSuccess(parsed), isJson(text), text)
    if (Result.isSuccess(parsed)) {
      assert.strictEqual(JSON.stringify(parsed.success.value), JSON.stringify(JSON.parse(text)))
    } else assert.match(parsed.failure, /^line \d+, column \d+: /)
  },
)

describe("parsePlacedJson", () => {
  it.each([
    ["", "line 1, column 1: expected a value"],
    [
      '{\n  "Mail": "email",\n}',
      "line 3, column 1: expected a name in double quotes (after the last entry is no comma)",
    ],
    ['{\r\n"a": 1\r"b": 2 }', "line 3, column 1: expected a comma"],
    ["{'a': 1}", `line 1, column 2: "'a'" is no value, and no name in double quotes`],
    ['{"a": 1 // one\n}', "line 1, column 9: JSON has no comments"],
    ['{"a": "b}', "line 1, column 7: a text has no closing double quote on its line"],
    ["[".repeat(100_000), "line 1, column 1: lists or objects are too deep in each other"],
  ])("names the place of the first fault of %j", (json, fault) => {
    assert.strictEqual(faultOf(json), fault)
  })

  it("knows the line of each part, and the repeated keys of every object", () => {
    const json = '{\n"a": {\n"b": [1,\n2],\r\n"b": {"c":\r3, "c": 4}},\n"a": 5 }'
    const parsed = Result.getOrThrow(parsePlacedJson(json))
    assert.deepStrictEqual(
      [[], ["a"], ["a", "b"], ["a", "b", 1], ["a", "b", 2], ["a", "x", "y"], ["x"]].map(parsed.lineOf),
      [1, 2, 3, 4, 3, 2, 1],
    )
    assert.deepStrictEqual(parsed.repeatedKeys, [
      { name: "a", lines: [2, 7] },
      { name: "b", lines: [3, 5] },
      { name: "c", lines: [5, 6] },
    ])
    const [first, second] = parsed.entries()
    assert.deepStrictEqual(
      first![1].entries().map(([name, value]) => [name, value.lineOf([]), value.lineOf(["c"])]),
      [
        ["b", 3, 3],
        ["b", 5, 5],
      ],
    )
    assert.deepStrictEqual([second![0], second![1].value], ["a", 5])
  })
})
