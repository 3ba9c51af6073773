// The published command, bundled once for all tests of a run: it starts in a third of the time that the sources take.

import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { inject } from "vitest"

const root = join(import.meta.dirname, "../..")

/** Bundles the command into the directory. */
export const bundleCommand = (directory: string): void => {
  const out = join(directory, "command")
  mkdirSync(out)
  copyFileSync(join(root, "package.json"), join(out, "package.json"))
  // `src` has the pages of `etl help`.
  for (const name of ["src", "node_modules"]) symlinkSync(join(root, name), join(out, name))
  const { status, stderr } = spawnSync("npm", ["run", "bundle", "--", `--outdir=${join(out, "dist")}`], {
    cwd: root,
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`The command cannot be bundled:\n${stderr}`)
}

/** The command's file, for `node`. */
export const bin = (): string => join(inject("runDirectory"), "command/dist/bin.js")

/** The compile cache of test processes: a short run is mostly start-up. */
export const compileCache = (): string => join(inject("runDirectory"), "compile-cache")
