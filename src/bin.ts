#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=60
// Checks Node's version, then imports the program. An older Node must get as far as the message: nothing is imported
// before, and the syntax is that of Node 12.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  void import("./cli/start.ts")
} else {
  console.error(
    `etl needs Node 22.19 or newer; this is ${process.versions.node}. ` +
      "Install one from https://nodejs.org, or put one that you have first in PATH.",
  )
  process.exitCode = 2
}
