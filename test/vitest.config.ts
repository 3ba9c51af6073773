import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Five minutes in which nothing happens: the others run meanwhile. */
const isStall = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/stall.")

class StallFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isStall), ...sorted.filter((file) => !isStall(file))]
  }
}

const source = (path: string): string => `${import.meta.dirname}/../src/${path}`

export default defineConfig({
  resolve: {
    // The examples of README import the package by its name.
    alias: [
      { find: "user-activity-etl/testing", replacement: source("testing.ts") },
      { find: "user-activity-etl/LocalSource", replacement: source("source/LocalSource.ts") },
      { find: "user-activity-etl/IpApi", replacement: source("geo/IpApi.ts") },
      { find: "user-activity-etl/Mmdb", replacement: source("geo/Mmdb.ts") },
      { find: "user-activity-etl/PgServer", replacement: source("database/PgServer.ts") },
      { find: "user-activity-etl/PgUserRepo", replacement: source("repo/PgUserRepo.ts") },
      { find: "user-activity-etl", replacement: source("index.ts") },
    ],
  },
  test: {
    root: import.meta.dirname + "/..",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/utils/globalPostgres.ts"],
    // Native servers and WebAssembly share two cores: a test waits for its turn, it is not slow itself.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    sequence: { sequencer: StallFirst },
  },
})
