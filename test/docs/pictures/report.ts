// The first screen of the report.

import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { Chromium } from "../../utils/chromium.ts"
import { etl, surroundings } from "./etl.ts"
import { home } from "./home.ts"

/** As narrow as its figures stand in one line. */
const width = 1160
const height = 800
const [node, ...program] = etl

/** Writes the report of the folder's run; a picture of all that is above the tables. */
export const photographReport = Effect.fnUntraced(function* (root: string) {
  const chromium = yield* Chromium
  return yield* Effect.promise(async () => {
    execFileSync(node!, [...program, "report"], surroundings(root))
    const report = readFileSync(join(root, home, "report.html"), "utf8").replaceAll(root, "")
    const tab = await chromium.newPage({ colorScheme: "light", deviceScaleFactor: 1.5, viewport: { width, height } })
    await tab.setContent(report)
    const map = await tab
      .locator(".card", { has: tab.locator("svg") })
      .first()
      .boundingBox()
    const clip = { x: 0, y: 0, width, height: Math.ceil(map!.y + map!.height) + 14 }
    // As PNG it would take twice as much in half as many points.
    return tab.screenshot({ clip, fullPage: true, type: "webp", quality: 80 })
  })
})
