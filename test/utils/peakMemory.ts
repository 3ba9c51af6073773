// The memory that a process has taken.

import { readFileSync } from "node:fs"

/**
 * The most resident memory of this process, in KiB. On Linux `maxRSS` is at least what the parent had when it started
 * the process: the kernel's own peak is not.
 */
export const peakMemory = (): number => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1])
}
