// Writes the licences of all bundled packages to a file: node src/build/licences.ts METAFILE OUT.

import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** The fields of esbuild's metafile that are read. */
interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name: string }
  readonly repository?: string | { readonly url: string }
}

const packageOf = (input: string): string | undefined => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0]

/** Copyright notices in comments of a source: packages contain third-party code. */
const noticesOf = (path: string): ReadonlyArray<string> =>
  (readFileSync(path, "utf8").match(/\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm) ?? [])
    .filter((comment) => /copyright|\b(?:MIT|ISC|BSD|Apache|following) licen[cs]e/i.test(comment))
    .map((comment) => comment.replaceAll(/^[ \t]*(?:\/\*\*?|\*\/|\*|\/\/)[ \t]?|[ \t]*\*\/$/gm, "").trim())

/** The package's licence files; without any, what its manifest states. */
const licenceOf = (directory: string, { author, license, name, repository }: Manifest): string => {
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|notice|copying)(?:[.-]|$)/i.test(file))
  if (files.length > 0) return files.map((file) => readFileSync(join(directory, file), "utf8").trim()).join("\n\n")
  const holder = typeof author === "object" ? author.name : author
  const url = typeof repository === "object" ? repository.url : repository
  if (license === undefined || (holder ?? url) === undefined) {
    throw new Error(
      `${name} is bundled, but neither a file nor its package.json states its licence. Check its repository.`,
    )
  }
  return [license, holder, url].filter((part) => part !== undefined).join("\n")
}

const describe = (directory: string, inputs: ReadonlyArray<string>): string => {
  const manifest: Manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
  const notices = new Set(inputs.flatMap(noticesOf))
  return [
    `${manifest.name} ${manifest.version} (${manifest.license})`,
    licenceOf(directory, manifest),
    ...(notices.size > 0 ? [`Third-party code in ${manifest.name}:`, ...notices] : []),
  ].join("\n\n")
}

const [metafile, out] = process.argv.slice(2) as [string, string]
const { outputs }: Metafile = JSON.parse(readFileSync(metafile, "utf8"))
const bundled = Object.values(outputs).flatMap(({ inputs }) =>
  Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
)
const byPackage = Map.groupBy([...new Set(bundled)].sort(), packageOf)
byPackage.delete(undefined)
const sections = Array.from(byPackage, ([directory, inputs]) => describe(directory!, inputs))
const rule = `\n\n${"-".repeat(80)}\n\n`
writeFileSync(out, `${["The command in this folder (bin.js and its chunks) contains:", ...sections].join(rule)}\n`)
