import { assert, describe, it } from "@effect/vitest"
import { chosenBy, usual } from "../../src/source/choice.ts"

/** Whether all folders on the way to the file are entered. */
const isReached = (pattern: string, path: string): boolean =>
  path
    .split("/")
    .slice(0, -1)
    .every((name, depth) => chosenBy(pattern).enters(name, depth))

describe("a pattern", () => {
  it.each([
    ["dt=*/**/*.csv", ["dt=1/a.csv", "dt=2/b/c/a.csv"], ["a.csv", "x/dt=1/a.csv", "dt=1/a.CSV", "dt=1/.b/a.csv"]],
    ["*", ["a", "b.txt", "ü.zip", "a\nb"], ["c/a", ".a"]],
    ["**", ["a", "b/c.txt", "b/c/d/e", "a\nb/c"], [".a", "b/.c", ".b/c"]],
    ["a/**", ["a/b", "a/b/c"], ["b/a", "b"]],
    ["*/x.csv", ["a/x.csv"], ["x.csv", "a/b/x.csv", ".a/x.csv"]],
    ["{a/b,c}/*.csv", ["a/b/x.csv", "c/x.csv"], ["a/x.csv", "d/x.csv"]],
    ["@(a|b/c)/*.csv", ["a/x.csv", "b/c/x.csv"], ["b/x.csv"]],
    ["[ab]/!(old).csv", ["a/x.csv", "b/new.csv"], ["a/old.csv", "c/x.csv", "a/.x.csv"]],
    ["**/!(*.zip)", ["a.csv", "b/c"], ["a.zip", "b/a.zip", ".a", "b/.a"]],
    ["a\\*b/\\[1].csv", ["a*b/[1].csv"], ["axb/[1].csv", "a*b/1.csv"]],
    ["a*b/[1.csv", ["a*b/[1.csv"], ["a/1.csv"]],
    [".hidden.csv", [".hidden.csv"], ["hidden.csv"]],
    ["**/.a/*.csv", ["b/.a/x.csv", ".a/x.csv"], ["b/.c/x.csv"]],
    ["**/{.a,b}.csv", ["x/.a.csv", "b.csv"], ["x/.b.csv"]],
  ])("%j takes what it matches, and enters its folders", (pattern, taken, others) => {
    const { beginning, fateOf } = chosenBy(pattern)
    for (const path of taken) {
      assert.strictEqual(fateOf(path), "read", path)
      assert.isTrue(isReached(pattern, path), path)
      assert.isTrue(path.startsWith(beginning), path)
    }
    for (const path of others) assert.notStrictEqual(fateOf(path), "read", path)
  })

  it.each([
    ["dt=*/**/*.csv", ["lost+found/a"]],
    ["*.csv", ["a/b"]],
    ["a/*/c.csv", ["b/c/x", "a/b/c/x"]],
    ["**/*.csv", [".git/a", "a/.git/b"]],
  ])("%j does not enter other folders", (pattern, others) => {
    for (const path of others) assert.isFalse(isReached(pattern, path), path)
  })

  it.each([
    ["dt=2024-*/*.csv", "dt=2024-"],
    ["2024/05/*.csv", "2024/05"],
    ["**", ""],
    ["a/**", "a"],
    ["ab?(c)", "ab"],
    ["a+(b)", "a"],
    ["{a,b}", ""],
    ["a\\*", "a"],
    ["ü 1/a.csv", "ü 1/a.csv"],
  ])("%j takes files that begin with %j", (pattern, expected) => {
    assert.strictEqual(chosenBy(pattern).beginning, expected)
  })

  it("skips what is no export even where it matches", () => {
    const [all, hidden] = [chosenBy("**").fateOf, chosenBy("**/.*").fateOf]
    for (const name of ["~$a.csv", ".~lock.a.csv#", "a.csv.part", ".a.csv.CRDOWNLOAD"]) {
      for (const fateOf of [all, hidden]) {
        assert.strictEqual(fateOf(name), "skipped", name)
        assert.strictEqual(fateOf(`b/${name}`), "skipped", name)
      }
    }
    assert.strictEqual(all("b/__MACOSX/a.csv"), "skipped")
    assert.strictEqual(hidden(".a.csv"), "read")
    assert.strictEqual(all(".a.csv"), "skipped")
    assert.strictEqual(chosenBy("*.csv").fateOf("a.zip"), "others")
  })

  it("is needed to enter a folder at all", () => {
    assert.isFalse(usual.enters("a", 0))
    assert.strictEqual(usual.fateOf("a.csv"), "read")
  })
})
