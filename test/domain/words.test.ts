import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isNullWord, nullWords } from "../../src/domain/nullWords.ts"
import { type GivenWords, makeNullWords, makeWords, problemOfWords } from "../../src/domain/words.ts"

const words = (given: GivenWords, nullWords: ReadonlyArray<string> = []) => makeWords(given, nullWords)

const nulls = ["NULL", "(null)", "<null>", "N/A", "#N/A", "NA", "nan", "NaT", "None", "-", "unknown", "Null", " n/a "]

describe("makeWords", () => {
  it.each([
    ["Active", true],
    ["inactive", false],
    ["Enabled", true],
    ["DISABLED", false],
    ["1.0", true],
    ["0.0", false],
    ["TRUE ", true],
    ["on", true],
    ["off", false],
    ["true", true],
    ["T", true],
    ["yes", true],
    ["Y", true],
    ["1", true],
    ["False", false],
    ["f", false],
    ["NO", false],
    ["n", false],
    ["0", false],
    ...nulls.map((word) => [word, null]),
    ["blocked", undefined],
    ["x", undefined],
    ["Yes.", undefined],
    ["2", undefined],
    ["VRAI", undefined],
    ["ja", undefined],
    ["checked", undefined],
    ["-1", undefined],
    ["", undefined],
    ["__proto__", undefined],
  ] as ReadonlyArray<readonly [string, boolean | null | undefined]>)("reads a status of %s as %s", (text, expected) => {
    assert.strictEqual(words({})(text), expected)
  })

  it("reads the words of a mapping, which win over the built-in ones", () => {
    const read = words({ true: ["Aktiv", "-", " ja "], false: ["gesperrt", "1"], null: ["yes"] })
    for (const [text, expected] of [
      ["aktiv", true],
      ["AKTIV ", true],
      ["ja", true],
      ["-", true],
      ["Gesperrt", false],
      ["1", false],
      ["Yes", null],
      ["off", false],
      ["NULL", null],
      ["nein", undefined],
    ] as const) {
      assert.strictEqual(read(text), expected, text)
    }
  })

  it("reads null words, which are exact, before the built-in ones and after those of the mapping", () => {
    const read = words({ true: ["aktiv"] }, ["0", "AKTIV", "Off", "?"])
    for (const [text, expected] of [
      ["0", null],
      ["Off", null],
      ["off", false],
      ["AKTIV", true],
      ["?", null],
      [" ?", undefined],
    ] as const) {
      assert.strictEqual(read(text), expected, text)
    }
  })

  it.each([
    [{ true: ["aktiv"], false: ["Aktiv "] }, 'has "Aktiv " both for true and for false'],
    [{ true: ["x"], null: ["X"] }, 'has "X" both for true and for null'],
    [{ false: ["x"], null: ["x"] }, 'has "x" both for false and for null'],
    [{ true: [" "] }, "has an empty word for true: an empty field is null"],
    [{ false: [""] }, "has an empty word for false: an empty field is null"],
    [{ true: ["x", "X"], null: [""] }, undefined],
  ])("of %j: %s", (given, expected) => {
    assert.strictEqual(problemOfWords(given), expected)
  })
})

describe("makeNullWords", () => {
  it("knows the built-in words and those given, whatever their case", () => {
    const isNull = makeNullWords(["Never", "1900-01-01"], ["Gone"])
    for (const word of [...nulls, "never", " NEVER", "1900-01-01", "Gone"]) assert.isTrue(isNull(word), word)
    for (const text of ["nevermore", "gone", "1900-01-02", "2024-01-01", "", "0", "unknowns", "--"]) {
      assert.isFalse(isNull(text), text)
    }
  })

  it.prop(
    "knows each built-in word, whatever its case and the blanks around it, and no other text",
    {
      word: Schema.Union([
        Schema.Literals([
          ...nullWords,
          "nora",
          "noel",
          "nathan",
          "uriah",
          "unknowns",
          "n",
          "u",
          "(",
          "nullé",
          "é",
          "名",
        ]),
        Schema.String,
      ]),
      before: Schema.Literals(["", " ", "\t\u00a0", "\u3000"]),
      after: Schema.Literals(["", "\ufeff", "  "]),
      isUpper: Schema.Boolean,
    },
    ({ word, before, after, isUpper }) => {
      const text = `${before}${isUpper ? word.toUpperCase() : word}${after}`
      assert.strictEqual(isNullWord(text), nullWords.includes(text.trim().toLowerCase()))
    },
  )

  it("knows only the built-in ones where none is given", () => {
    for (const isNull of [makeNullWords([], []), isNullWord]) {
      for (const word of nulls) assert.isTrue(isNull(word), word)
      assert.isFalse(isNull("never"))
      assert.isTrue(isNull(`${" ".repeat(50)}NULL\t`))
    }
  })
})
