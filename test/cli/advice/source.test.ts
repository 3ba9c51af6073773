import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { advise } from "../../../src/cli/advice.ts"
import { loadedByOther, unfinishedByOther } from "../../../src/domain/otherMapping.ts"
import { SourceError } from "../../../src/domain/SourceFile.ts"
import { LeftOut } from "../../../src/observability/LeftOut.ts"
import { headerErrorOf } from "../../../src/pipeline/headerError.ts"
import { read } from "../../utils/csv.ts"

const file = { uri: "s3://bucket/a.csv", name: "a.csv", fingerprint: "1", size: 1 }

describe("the advice of the command", () => {
  it.effect.each([
    ["email;name\n", 'Try --delimiter ";".'],
    ["email\tname\n", 'Try --delimiter "\\t".'],
    [
      "mail,name\n",
      "To make a mapping for --mapping, run: etl inspect --source a.csv --aws --bucket bucket --out a.mapping.json",
    ],
    ["", undefined],
    ["ada@example.com,Ada\n", "Or name them with --header NAMES."],
  ] as const)("for the header %j", ([text, expected]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(text))
      assert.strictEqual(advise(headerErrorOf(file, error)), expected)
      assert.notMatch(error.message, /--/)
    }),
  )

  it.effect.each([
    ["/in/b c.csv.gz", "etl inspect --source '/in/b c.csv.gz' --out 'b c.mapping.json'"],
    ["/in/-x.tsv", "etl inspect --source /in/-x.tsv --out=-x.mapping.json"],
    ["/in/.csv", "etl inspect --source /in/.csv --out column.mapping.json"],
    ["s3://b/day=1/-a", "etl inspect --source day=1/-a --aws --bucket b --out=-a.mapping.json"],
  ] as const)("for a file that lacks a header, %s", ([uri, command]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read("mail,name\n"))
      assert.strictEqual(
        advise(headerErrorOf({ ...file, uri }, error)),
        `To make a mapping for --mapping, run: ${command}`,
      )
      const ofStdin = headerErrorOf({ ...file, uri: "stdin:12" }, error)
      assert.strictEqual(advise(ofStdin), "--mapping FILE names another mapping.")
    }),
  )

  it("for what a listing leaves out", () => {
    const adviceFor = (...names: ReadonlyArray<readonly ["folder" | "others" | "archive" | "link", string]>) => {
      const leftOut = new LeftOut({ folder: "in/" })
      for (const [kind, name] of names) leftOut.add(kind, name)
      return leftOut.notices.map(advise)
    }
    assert.deepStrictEqual(adviceFor(["folder", "in/a/"]), [
      "--pattern '**/*.csv' takes the .csv files of folders too.",
    ])
    assert.deepStrictEqual(adviceFor(["folder", "in/a/"], ["others", "in/b.txt"]), ["--pattern '**' takes them."])
    assert.deepStrictEqual(adviceFor(["others", "in/b"], ["archive", "in/b.zip"], ["archive", "in/c.xz"]), [
      "--pattern '**/!(*.zip|*.xz)' takes them.",
      undefined,
    ])
    assert.deepStrictEqual(adviceFor(["link", "in/a/"]), [undefined])
    // No pattern of this source takes it.
    assert.deepStrictEqual(adviceFor(["others", "in-old/b.txt"]), [undefined])
  })

  it("for files that were loaded with another mapping", () => {
    assert.strictEqual(advise(unfinishedByOther(["a"])), "--force starts over.")
    assert.strictEqual(advise(loadedByOther(["a"])), "To load again, give --force.")
  })

  it.each([
    ["needsCredentials", "--sign uses yours."],
    ["noBucket", "See --bucket and --endpoint."],
    ["changed", undefined],
    [undefined, undefined],
  ] as const)("for a source that fails by %s", (reason, expected) => {
    const error = new SourceError({ operation: "list", uri: "s3://b/", message: "", ...(reason && { reason }) })
    assert.strictEqual(advise(error), expected)
  })
})
