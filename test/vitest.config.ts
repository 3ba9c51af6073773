import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    root: import.meta.dirname + "/..",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/utils/globalPostgres.ts"],
    // Native servers and WebAssembly share two cores: a test waits for its turn, it is not slow itself.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
