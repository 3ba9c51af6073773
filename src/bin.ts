#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=150
// Checks Node's version, then imports the program. An older Node must reach the message: nothing is imported before it,
// and the syntax is that of Node 12.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  void import("./cli/start.ts")
} else {
  console.error(
    `etl requires Node 22.19 or later; this is Node ${process.versions.node}. ` +
      "Install it from https://nodejs.org, or put an installed one first in PATH.",
  )
  process.exitCode = 2
}
