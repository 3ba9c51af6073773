// The command of this checkout, in the folder of the pictures.

import { join } from "node:path"
import { home } from "./home.ts"

/** What `etl` stands for: this Node and the sources. */
export const etl: ReadonlyArray<string> = [process.execPath, join(import.meta.dirname, "../../../src/bin.ts")]

/** Its folder, and nothing of this person's settings. */
export const surroundings = (root: string) => ({
  cwd: join(root, home),
  env: { PATH: process.env["PATH"], HOME: join(root, home, ".."), TERM: "xterm" },
})
