import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { countNames } from "../../src/domain/RunSummary.ts"
import { readMarkup } from "../utils/markup.ts"

const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, "../../src/docs", name))

const svg = read("terminal.svg").toString("utf8")
const { attributes, elements } = readMarkup(svg)

/** The words at each height, from left to right. */
const lines = Array.from(
  Map.groupBy(svg.matchAll(/<text [^>]*y="(\d+)"[^>]*>([^<]*)/g), ([, y]) => y!).values(),
  (texts) => texts.map(([, , words]) => words!),
)

const numberOf = (text: string | undefined): number => Number(text?.replaceAll(",", ""))

// Made by `npm run pictures`.
describe("the pictures of README", () => {
  it("are small", () => {
    for (const name of ["terminal.svg", "report.webp"]) assert.isBelow(read(name).length, 150_000, name)
    assert.strictEqual(read("report.webp").toString("latin1", 8, 12), "WEBP")
  })

  it("run nothing, and ask for nothing from a network", () => {
    assert.deepStrictEqual([...new Set(elements)].toSorted(), ["circle", "g", "path", "rect", "svg", "text"])
    const suspicious = attributes.filter(
      ([, name, value]) => /^on|^style$|href$/i.test(name) || /url\(|:|\/\//i.test(value),
    )
    assert.deepStrictEqual(suspicious, [["svg", "xmlns", "http://www.w3.org/2000/svg"]])
  })

  it("begin with a whole line, show where nobody lives, and no warning of old files", () => {
    assert.deepStrictEqual(lines[0], ["/home/me/activity$ etl --source ./input --geo mmdb"])
    assert.match(lines[1]![0]!, /^q1\.csv: /)
    assert.notMatch(svg, /\/tmp|\/root|\/Users|days ago/)
  })

  it("show a run whose records are all accounted for", () => {
    const counts = countNames.map((name) => numberOf(lines.find(([first]) => first === name)?.[1]))
    const [all, ...outcomes] = counts
    assert.isAbove(all!, 10_000)
    for (const count of outcomes) assert.isAbove(count, 0)
    assert.strictEqual(
      outcomes.reduce((sum, count) => sum + count),
      all,
    )
  })

  it("show a table of files whose total is that of the run", () => {
    const header = lines.findIndex(([first]) => first === "file")
    const last = lines.findIndex(([first]) => first === "total")
    const names = lines[header]!
    for (const name of countNames.filter((name) => names.includes(name))) {
      const column = names.indexOf(name)
      const total = numberOf(lines[last]![column])
      const sum = lines.slice(header + 2, last).reduce((sum, row) => sum + numberOf(row[column]), 0)
      assert.strictEqual(sum, total, name)
      assert.strictEqual(numberOf(lines.find(([first]) => first === name)?.[1]), total, name)
    }
  })
})
