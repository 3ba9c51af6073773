// Removes from node_modules what no script of this package uses: a fifth of it. npm ci and npm install
// run it, as `postprepare`: of a `prepare` npm warns those who install the package from a file.

import { globSync, readFileSync, rmSync } from "node:fs"
import { basename } from "node:path"

const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"))

const unused = [
  // For addons in C++.
  "node_modules/node/node_modules/node-*/include",
  // The compiler for other versions of TypeScript, a second copy of it, and linters.
  "node_modules/@effect/tsgo-*/artifacts/typescript/*",
  "node_modules/@effect/tsgo-*/artifacts/oxlint*",
  "node_modules/@effect/tsgo-*/lib/tsc*",
]

for (const path of globSync(unused)) {
  if (basename(path) !== devDependencies.typescript) rmSync(path, { recursive: true })
}
