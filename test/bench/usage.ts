import { writeFileSync } from "node:fs"
import { peakMemory } from "../utils/peakMemory.ts"

// Imported into a process that is measured: reports at its end what it took.
process.on("exit", () =>
  writeFileSync(process.env["USAGE_FILE"]!, JSON.stringify({ ...process.resourceUsage(), maxRSS: peakMemory() })),
)
