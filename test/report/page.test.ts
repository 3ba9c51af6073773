import { assert, describe, it } from "@effect/vitest"
import { ReportData } from "../../src/domain/ReportData.ts"
import { noRecords, type RecordCounts } from "../../src/domain/RunSummary.ts"
import { printable } from "../../src/text/printable.ts"
import { page } from "../../src/report/page.ts"
import { readMarkup } from "../utils/markup.ts"
import { emptyReport, fullReport, oneUser } from "../utils/reports.ts"

const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;&#x41;</style></svg>\u202e\u0007`

/** Texts that a database may hold, wherever they stand. Units, states and days are none of them. */
const names = new Set([
  "name",
  "region",
  "country",
  "source",
  "message",
  "uri",
  "error",
  "database",
  "reason",
  "column",
])
const attacked = (value: unknown, key = ""): unknown => {
  if (typeof value === "string") return names.has(key) ? `${value}${attack}` : value
  if (Array.isArray(value)) return value.map((item) => attacked(item, key))
  if (typeof value !== "object" || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, attacked(item, name)]))
}

const allowed = new Set(
  `html head meta title style body header h1 h2 h3 p b main section div dl dt dd figure figcaption svg desc g path circle
  rect line ul li span table caption thead tbody tr th td time code footer a`.split(/\s+/),
)

const check = (data: ReportData) => {
  const text = page(data)
  const markup = readMarkup(text)
  assert.deepStrictEqual(
    markup.elements.filter((element) => !allowed.has(element)),
    [],
  )
  for (const [element, name, value] of markup.attributes) {
    assert.notMatch(name, /^on|^src|^xlink|^action|^formaction/, element)
    if (name === "href") assert.strictEqual(value, "https://db-ip.com")
    if (name === "style") assert.match(value, /^(width|left|bottom):[\d.]+%$/)
  }
  assert.isBelow(Buffer.byteLength(text), 500_000)
  return { ...markup, page: text }
}

describe("page", () => {
  it("colours the rejects of a run where they are more than a tenth of its records", () => {
    const alarms = (totals: Partial<RecordCounts>) => {
      const run = { ...oneUser.run!, totals: { ...noRecords, ...totals } }
      const { attributes } = check({ ...oneUser, run, runs: [run] })
      return attributes.flatMap(([element, name, value]) =>
        name === "class" && value.split(" ").includes("alarm") ? [element] : [],
      )
    }
    assert.deepStrictEqual(alarms({ read: 2, rejected: 2 }), ["dd", "td", "td"])
    assert.deepStrictEqual(alarms({ read: 10, inserted: 9, rejected: 1 }), [])
    assert.deepStrictEqual(alarms({}), [])
  })

  it("says how many values could not be used, where there are any, and what lists them", () => {
    const pageOf = (blanked: number) => {
      const run = { ...oneUser.run!, totals: { ...noRecords, read: 2, inserted: 2, blanked } }
      return check({ ...oneUser, run, runs: [run] }).text
    }
    const command = `etl rejects --values --run ${oneUser.run!.runId}`
    assert.include(pageOf(1_200), `1,200 values could not be used and are null: ${command} lists them.`)
    assert.include(pageOf(1), `1 value could not be used and is null: ${command} lists it.`)
    assert.notInclude(pageOf(0), "--values")
  })

  it.prop(
    "is well-formed whatever a database holds, and takes no text for markup",
    { data: ReportData },
    ({ data }) => {
      check(data)
      const { text } = check(attacked(data) as ReportData)
      assert.include(text, printable(attack))
    },
  )

  it("forbids scripts and requests, and has a title and a language", () => {
    const { attributes, elements, page: text } = check(oneUser)
    assert.include(
      attributes.map(([, name, value]) => `${name}=${value}`),
      "content=default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    )
    assert.match(text, /^<!doctype html>\s*<html lang="en">/)
    assert.match(text, /<title>[^<]+<\/title>/)
    assert.strictEqual(elements.filter((element) => element === "h1").length, 1)
    assert.notMatch(text, /url\(|@import/)
  })

  it("stays under 500 KB with the longest texts that it is given", () => {
    const { text } = check(attacked(fullReport) as ReportData)
    assert.include(text, printable(`Atlantis${attack}`))
  })

  it("says kindly what is not there yet", () => {
    const { text, elements } = check(emptyReport)
    assert.notInclude(elements, "svg")
    assert.notMatch(text, /NaN|Infinity|undefined|null/)
    for (const words of ["No users yet", "No run yet", "No user has a date of creation yet"])
      assert.include(text, words)
  })

  it("names DB-IP where a local database told places, and only there", () => {
    const link = "IP Geolocation by DB-IP"
    assert.include(check(oneUser).text, link)
    const { users } = oneUser
    assert.notInclude(check({ ...oneUser, users: { ...users, byService: users.located } }).text, link)
    assert.notInclude(check(emptyReport).text, link)
  })
})
