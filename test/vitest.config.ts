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

/** Those whose properties are tried more often then. */
const thorough = [
  "test/pipeline/{LoadFile,Pipeline}.integration.test.ts",
  "test/repo/UserRepo.integration.test.ts",
  "test/postgres/report/PgReportRepo.integration.test.ts",
]

const source = (path: string): string => `${import.meta.dirname}/../src/${path}`

export default defineConfig({
  resolve: {
    // The examples of README import the package by its name.
    alias: [
      { find: "user-activity-etl/testing", replacement: source("testing.ts") },
      { find: "user-activity-etl/LocalSource", replacement: source("source/LocalSource.ts") },
      { find: "user-activity-etl/IpApi", replacement: source("geo/IpApi.ts") },
      { find: "user-activity-etl/Mmdb", replacement: source("geo/Mmdb.ts") },
      { find: "user-activity-etl/PgEmbedded", replacement: source("database/PgEmbedded.ts") },
      { find: "user-activity-etl/PgServer", replacement: source("database/PgServer.ts") },
      { find: "user-activity-etl/Postgres", replacement: source("postgres/Repositories.ts") },
      { find: "user-activity-etl", replacement: source("index.ts") },
    ],
  },
  test: {
    root: import.meta.dirname + "/..",
    include: isFaults ? ["test/faults/*.test.ts", ...thorough] : ["test/**/*.test.ts"],
    exclude: isFaults ? [] : ["test/faults/**"],
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
