import { assert, describe, it } from "@effect/vitest"
import { plainFormat } from "../../src/domain/Format.ts"
import { describeReading } from "../../src/pipeline/reportFormat.ts"

const describeNames = (notLoaded: ReadonlyArray<string>, isLinked = false) =>
  describeReading({ format: plainFormat, alike: [], notLoaded }, { name: "a.csv", isLinked })

const many = (count: number) => Array.from({ length: count }, (_, index) => `c${index + 1}`)

describe("describeReading", () => {
  it.each<readonly [names: ReadonlyArray<string>, described: ReadonlyArray<string>]>([
    [[], []],
    [["Firma", "Telefon"], ["not loaded: Firma, Telefon"]],
    [
      ["Last login IP", "Größe", "a, b", "Tags (2)", 'q"'],
      ['not loaded: Last login IP, Größe, "a, b", "Tags (2)", "q""'],
    ],
    [["\u001b[31m", "x".repeat(41)], [`not loaded: "\\u{1b}[31m", ${"x".repeat(40)}...`]],
    [many(20), [`not loaded: ${many(20).join(", ")}`]],
    [many(21), [`not loaded: ${many(20).join(", ")} and 1 other`]],
    [many(32), [`not loaded: ${many(20).join(", ")} and 12 others`]],
    [["Firma", "ada@example.com"], ["not loaded: Firma and 1 other"]],
    [["ada@example.com"], ["not loaded: 1 field"]],
  ])("names the fields that nothing keeps: %j", (names, described) => {
    assert.deepStrictEqual(describeNames(names), described)
  })

  it("names none of a file that a link leads to", () => {
    assert.deepStrictEqual(describeNames(["Firma"], true), [])
  })

  it("tells how the file is read apart from that", () => {
    const format = { ...plainFormat, delimiter: ";" }
    assert.deepStrictEqual(
      describeReading({ format, alike: [["Mail ", "mail"]], notLoaded: ["Firma"] }, { name: "a.csv" }),
      [`';', header "Mail " is read as "mail"`, "not loaded: Firma"],
    )
  })
})
