import { readFileSync, writeFileSync } from "node:fs"

/**
 * The most resident memory of this process, in KiB. On Linux `maxRSS` is at least what the parent had when it started
 * the process: the kernel's own peak is not.
 */
const peakMemory = (): number => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1])
}

// Imported into a process that is measured: reports at its end what it took.
process.on("exit", () =>
  writeFileSync(process.env["USAGE_FILE"]!, JSON.stringify({ ...process.resourceUsage(), maxRSS: peakMemory() })),
)
