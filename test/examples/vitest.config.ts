import { defineConfig } from "vitest/config"

// The first embedded database on a machine takes seconds to build.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } })
