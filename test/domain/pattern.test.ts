import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isPattern, patternUri, splitUri } from "../../src/domain/pattern.ts"

describe("the pattern of a source", () => {
  it.each([
    "*.csv",
    "dt=*/**/*.csv",
    "**",
    ".hidden.csv",
    "{a,b}/x.csv",
    "!(old).csv",
    "a b/ü?.txt",
    "x".repeat(1_000),
  ])("can be %j", (text) => assert.isTrue(isPattern(text)))

  it.each([
    "",
    "/",
    "/data/*.csv",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "..",
    "../*.csv",
    "a/../b",
    "!*.txt",
    "x".repeat(1_001),
  ])("cannot be %j", (text) => assert.isFalse(isPattern(text)))

  it.prop(
    "is found again in the URI of the source, and so is what the source names",
    {
      folder: Schema.Literals(["/", "/data/a*[b]/c", "/data/exports/", "s3://b/", "s3://b/ex ports/", "s3://b/a//"]),
      parts: Schema.NonEmptyArray(Schema.String.check(Schema.isPattern(/^[^/]+$/))),
    },
    ({ folder, parts }) => {
      const pattern = parts.join("/")
      const named = folder.endsWith("/") ? folder : `${folder}/`
      if (isPattern(pattern)) assert.deepStrictEqual(splitUri(patternUri(folder, pattern)), { named, pattern })
    },
  )

  it("is none where the URI of a source has none, whatever its folder is named", () => {
    for (const uri of ["/data/dt=*/[a]", "/", "s3://b/a//*.csv", "s3://b/"]) {
      assert.deepStrictEqual(splitUri(uri), { named: uri, pattern: undefined })
    }
  })
})
