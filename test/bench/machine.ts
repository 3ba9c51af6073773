import { readFileSync } from "node:fs"
import { cpus, release, totalmem, type } from "node:os"
import { join } from "node:path"

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../node_modules", name, "package.json"), "utf8")).version

/** What figures were measured on: they mean nothing without it. */
export const describeMachine = (...packages: ReadonlyArray<string>): string =>
  [
    `${cpus().length} x ${cpus()[0]?.model ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `node ${process.versions.node}`,
    ...packages.map((name) => `${name} ${versionOf(name)}`),
  ].join("; ")
