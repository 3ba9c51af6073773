import { readFileSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Minutes in which little happens: the others run meanwhile. */
const waits = ({ moduleId }: TestSpecification): boolean => /\/(?:stall|fence)\./.test(moduleId)

class WaitingFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))]
  }
}

/** Set by `npm run test:faults`. */
const isFaults = process.env["FAULTS"] !== undefined

/** Set by `npm run test:pages`. */
const isPages = process.env["PAGES"] !== undefined

const pages = "test/docs/commands.integration.test.ts"

/** Those whose properties are tried more often then. */
const thorough = [
  "test/pipeline/{LoadFile,Pipeline}.integration.test.ts",
  "test/repo/{UserRepo,latestInstant}.integration.test.ts",
  "test/postgres/report/PgReportRepo.integration.test.ts",
]

const root = `${import.meta.dirname}/..`

/** The sources of the package's entry points, by the names under which programs import them: the longest first. */
const entryPoints = Object.entries<[string]>(
  JSON.parse(readFileSync(`${root}/tsconfig.json`, "utf8")).compilerOptions.paths,
).toSorted(([left], [right]) => right.length - left.length)

export default defineConfig({
  resolve: {
    // The examples of README import the package by its name.
    alias: entryPoints.map(([find, [source]]) => ({ find, replacement: `${root}/${source}` })),
  },
  test: {
    root,
    include: isPages ? [pages] : isFaults ? ["test/faults/*.test.ts", ...thorough] : ["test/**/*.test.ts"],
    exclude: isFaults || isPages ? [] : ["test/faults/**", pages],
    globalSetup: ["test/utils/globalPostgres.ts"],
    // Native servers and WebAssembly share two cores: a test waits for its turn, it is not slow itself.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    // Starting a worker for each file would take a quarter of the time.
    isolate: false,
    sequence: { sequencer: WaitingFirst },
  },
})
