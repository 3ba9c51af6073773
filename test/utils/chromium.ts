// A browser for tests of the report.

import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { Context, Effect, Layer } from "effect"
import { type Browser, chromium } from "playwright-core"

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of this machine's Chromium, from CHROMIUM or PATH; undefined: none found. */
export const chromiumPath: string | undefined =
  process.env.CHROMIUM ??
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((directory) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(directory, name)))
    .find(isExecutable)

/** A browser, closed with the scope. It shows only our own pages, so it has no sandbox where root runs it. */
export class Chromium extends Context.Service<Chromium, Browser>()("test/Chromium") {
  static readonly layer = Layer.effect(
    Chromium,
    Effect.acquireRelease(
      Effect.promise(() =>
        chromium.launch({
          executablePath: chromiumPath!,
          args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
        }),
      ),
      (browser) => Effect.promise(() => browser.close()),
    ),
  )
}
