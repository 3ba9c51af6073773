import { spawnSync } from "node:child_process"

// `npm run test:pages [-- NAME]`: runs the commands of README and of the pages, or those of a page.

const [name] = process.argv.slice(2)
const { status } = spawnSync(
  "vitest",
  ["run", "--config", "test/vitest.config.ts", ...(name === undefined ? [] : ["--testNamePattern", name])],
  { env: { ...process.env, PAGES: "1" }, stdio: "inherit" },
)
process.exitCode = status ?? 1
