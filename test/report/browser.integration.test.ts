import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import axe from "axe-core"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { page } from "../../src/report/page.ts"
import { Chromium, chromiumPath } from "../utils/chromium.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { emptyReport, fullReport, oneUser } from "../utils/reports.ts"

/** What is wider than its card or the page, but for tables that scroll by themselves. */
const overflowing = (tab: Page) =>
  tab.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth > width) return [`the page: ${document.documentElement.scrollWidth}`]
    return [...document.body.querySelectorAll("*")].flatMap((element) => {
      if (element.closest(".scroll, svg, .hidden") !== null || !element.checkVisibility()) return []
      const { left, right } = element.getBoundingClientRect()
      const room = (element.closest(".card, .tiles > div") ?? document.body).getBoundingClientRect()
      const isIn = left > room.left - 0.5 && right < room.right + 0.5
      return isIn ? [] : [`${element.outerHTML.slice(0, 100)}: ${left} to ${right}`]
    })
  })

/** What names the cells of the first run, in headers or, on a small screen, in the cells; and whether one sees all of them. */
const runColumns = (tab: Page) =>
  tab.evaluate(() => {
    const room = document.querySelector(".scroll:has(.wide)")!
    const isSmall = !room.querySelector("thead")!.checkVisibility()
    const cells = [...room.querySelectorAll(isSmall ? "tbody tr:first-child > *" : "thead th")]
    const names = cells
      .filter((cell) => cell.checkVisibility())
      .map((cell) => (isSmall ? JSON.parse(getComputedStyle(cell, "::before").content) : cell.textContent))
    return { isSmall, names, isWhole: room.scrollWidth <= room.clientWidth }
  })

/** How far the colour of countries without users is from that of the fewest, of 441. */
const distanceOfFewest = (tab: Page) =>
  tab.evaluate(() => {
    const [none, fewest] = [".swatch.land", ".swatch"].map((name) =>
      getComputedStyle(document.querySelector(`.legend ${name}`)!)
        .backgroundColor.match(/\d+/g)!
        .map(Number),
    )
    return Math.hypot(...none!.map((value, index) => value - fewest![index]!))
  })

const widths = [360, 768, 821, 1200, 1440]

/** What axe-core has to say, its script in a world of its own: the page's policy forbids scripts. */
const violations = async (tab: Page): Promise<ReadonlyArray<string>> => {
  const found = (await tab.evaluate(
    `${axe.source}; axe.run().then(({ violations }) => violations)`,
  )) as ReadonlyArray<axe.Result>
  return found.flatMap(({ id, nodes }) => nodes.map(({ failureSummary, html }) => `${id}: ${html} ${failureSummary}`))
}

const title = chromiumPath === undefined ? "(skipped: needs Chromium on the PATH, or CHROMIUM=its path)" : ""

describe.skipIf(chromiumPath === undefined)(`the report in a browser ${title}`, () => {
  layer(Chromium.layer, { excludeTestServices: true })((it) => {
    for (const [name, data] of Object.entries({
      "an empty database": emptyReport,
      "one user": oneUser,
      "much of everything": fullReport,
    })) {
      it.effect(`of ${name} asks for nothing, fits any screen, and is accessible`, () =>
        Effect.gen(function* () {
          const file = join(yield* temporaryDirectory, "report.html")
          writeFileSync(file, page(data))
          const url = pathToFileURL(file).href
          const chromium = yield* Chromium
          for (const colorScheme of ["light", "dark"] as const) {
            const tab = yield* Effect.promise(() => chromium.newPage({ colorScheme }))
            const messages: Array<string> = []
            const requests: Array<string> = []
            tab.on("console", (message) => messages.push(message.text()))
            tab.on("pageerror", (error) => messages.push(error.message))
            tab.on("request", (request) => requests.push(request.url()))
            for (const width of widths) {
              yield* Effect.promise(async () => {
                await tab.setViewportSize({ width, height: 900 })
                await tab.goto(url)
                assert.deepStrictEqual(await overflowing(tab), [], `${width} px`)
                if (data.runs.length > 0) {
                  const { isSmall, isWhole, names } = await runColumns(tab)
                  assert.deepStrictEqual([isSmall, isWhole], [width < 820, true], `${width} px`)
                  assert.deepStrictEqual(names.slice(0, 3), ["Run", "State", "Exit"], `${width} px`)
                  assert.includeMembers(names, ["Source", "Read", "Rejected", "Records/s"], `${width} px`)
                }
                if (data.countries.top.length > 0) assert.isAbove(await distanceOfFewest(tab), 30, colorScheme)
                if (width === (colorScheme === "light" ? 360 : 1440))
                  assert.deepStrictEqual(await violations(tab), [], `${width} px, ${colorScheme}`)
              })
            }
            assert.deepStrictEqual(messages, [])
            assert.deepStrictEqual(
              requests,
              widths.map(() => url),
            )
            yield* Effect.promise(() => tab.close())
          }
        }).pipe(Effect.scoped),
      )
    }
  })
})
