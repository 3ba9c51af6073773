// A program that has the package installed, as it would be published, without the command.

import { assert } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inject } from "vitest"

const root = join(import.meta.dirname, "../..")

/** Runs Node in the directory. */
export const runNode = (cwd: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" })
  return { status, stderr, stdout }
}

/** Runs the compiler in the directory, and returns what it reports. */
export const compile = (cwd: string, ...args: ReadonlyArray<string>): string =>
  runNode(cwd, join(root, "node_modules/typescript/bin/tsc"), ...args).stdout

/** What the package and its programs import. */
const installed = (): ReadonlyArray<string> => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  return [...Object.keys(dependencies), ...Object.keys(peerDependencies), "@types/node", "@effect/vitest"]
}

/** Makes the program's directory, which the caller removes, or the end of the tests. */
export const makeHost = (): string => {
  const host = mkdtempSync(join(inject("runDirectory"), "host-"))
  const ours = join(host, "node_modules/user-activity-etl")
  mkdirSync(ours, { recursive: true })
  copyFileSync(join(root, "package.json"), join(ours, "package.json"))
  // `npm run check` looks for errors.
  assert.strictEqual(compile(root, "--project", "tsconfig.build.json", "--noCheck", "--outDir", join(ours, "dist")), "")
  for (const name of installed()) {
    mkdirSync(join(host, "node_modules", name, ".."), { recursive: true })
    symlinkSync(join(root, "node_modules", name), join(host, "node_modules", name))
  }
  writeFileSync(join(host, "package.json"), '{ "type": "module" }')
  return host
}
