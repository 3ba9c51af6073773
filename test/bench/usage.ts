import { writeFileSync } from "node:fs"

// Imported into a process that is measured: tells at its end what it took.
process.on("exit", () => writeFileSync(process.env["USAGE_FILE"]!, JSON.stringify(process.resourceUsage())))
