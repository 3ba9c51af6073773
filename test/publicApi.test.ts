// The public API as a program meets it, in the declarations of the package.

import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Node, SyntaxKind } from "typescript/unstable/ast"
import { isExpressionWithTypeArguments, isImportTypeNode, isTypeReferenceNode } from "typescript/unstable/ast/is"
import { API, type Symbol, SymbolFlags } from "typescript/unstable/sync"
import { afterAll, beforeAll } from "vitest"
import * as index from "../src/index.ts"
import { compile, makeHost } from "./utils/host.ts"

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

const manifest: Manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"))

/** The entry points with types, by the name under which programs import them; the main one has none. */
const entryPoints = Object.entries(manifest.exports).flatMap(([path, target]) => {
  if (typeof target === "string") return []
  const specifier = join("user-activity-etl", path)
  const subpath = path.slice(2)
  return [{ specifier, name: subpath.charAt(0).toUpperCase() + subpath.slice(1) }]
})

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  target: "es2024",
  module: "nodenext",
  types: ["node"],
  declaration: true,
  emitDeclarationOnly: true,
  outDir: "declared",
}

/** Writes a project of the host. */
const writeProject = (directory: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(directory)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }))
}

/** What the entry points export, by the name that a program calls it. */
interface Public {
  readonly name: string
  readonly symbol: Symbol
}

const open = (host: string) => {
  const all = join(host, "all")
  writeProject(all, {
    "all.ts": entryPoints
      .map(({ name, specifier }) => `export * as ${name === "" ? "main" : name} from "${specifier}"\n`)
      .join(""),
  })
  const api = new API({ cwd: all })
  const [project] = api.updateSnapshot({ openProjects: [join(all, "tsconfig.json")] }).getProjects()
  const { checker, program } = project!
  const resolve = (symbol: Symbol) => (symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)

  const exportsOf = (symbol: Symbol, prefix: string): ReadonlyArray<Public> =>
    checker.getExportsOfModule(symbol).flatMap((exported) => {
      const target = resolve(exported)
      const name = prefix === "" ? exported.name : `${prefix}.${exported.name}`
      return target.flags & SymbolFlags.ValueModule ? exportsOf(target, name) : [{ name, symbol: target }]
    })
  const publics = checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(join(all, "all.ts"))!)!)
    .flatMap((entry) => exportsOf(resolve(entry), entry.name === "main" ? "" : entry.name))

  const staticsOf = ({ name, symbol }: Public): ReadonlyArray<Public> =>
    symbol.flags & SymbolFlags.Class
      ? Array.from(symbol.getExports().values())
          .filter((member) => member.name !== "prototype")
          .map((member) => ({ name: `${name}.${member.name}`, symbol: member }))
      : []

  const isFunctionOrLayer = (symbol: Symbol): boolean => {
    if ((symbol.flags & SymbolFlags.Value) === 0 || symbol.flags & SymbolFlags.Class) return false
    const type = checker.getTypeOfSymbol(symbol)!
    return checker.getSignaturesOfType(type, 0).length > 0 || type.getSymbol()?.name === "Layer"
  }

  return {
    publics,
    /** Functions and layers, those of classes too. */
    callable: publics.concat(publics.flatMap(staticsOf)).filter(({ symbol }) => isFunctionOrLayer(symbol)),
    /** The code of the symbol's example. */
    exampleOf: (symbol: Symbol): string | undefined => {
      const text = symbol.getJsDocTags(checker).find(({ name }) => name === "example")?.text
      return /```ts\n(.*?)```/s.exec(text ?? "")?.[1]
    },
    hoverOf: (symbol: Symbol): string => checker.typeToString(checker.getTypeOfSymbol(symbol)!),
    /** The symbols of the package that a declaration names. */
    namedBy: (symbol: Symbol): ReadonlyArray<Symbol> => {
      const found: Array<Symbol> = []
      const visit = (node: Node): void => {
        const name = isTypeReferenceNode(node)
          ? node.typeName
          : isImportTypeNode(node)
            ? node.qualifier
            : isExpressionWithTypeArguments(node)
              ? node.expression
              : undefined
        if (name !== undefined) {
          const last = name.kind === SyntaxKind.QualifiedName && "right" in name ? (name.right as Node) : name
          const named = checker.getSymbolAtLocation(last)
          if (named !== undefined) found.push(resolve(named))
        }
        node.forEachChild(visit)
      }
      for (const declaration of symbol.declarations) {
        const node = declaration.resolve()
        if (node !== undefined) visit(node)
      }
      return found.filter(
        ({ declarations, flags }) =>
          declarations[0]?.path.includes("/user-activity-etl/dist/") === true &&
          (flags & SymbolFlags.TypeParameter) === 0,
      )
    },
    close: () => api.close(),
  }
}

let host = ""
let api: ReturnType<typeof open>
beforeAll(() => {
  host = makeHost()
  api = open(host)
})
afterAll(() => {
  api.close()
  rmSync(host, { recursive: true, force: true })
})

describe("the public API", () => {
  it("shows each function and layer in an example, which compiles, and whose types can be declared", () => {
    const examples = Array.from(Map.groupBy(api.callable, ({ symbol }) => symbol.id).values(), (same) => ({
      name: same[0]!.name,
      names: same.map(({ name }) => name),
      code: api.exampleOf(same[0]!.symbol) ?? "",
    }))
    assert.isAbove(examples.length, 40)
    assert.deepStrictEqual(
      examples.filter(({ code, names }) => !names.some((name) => code.includes(name))).map(({ name }) => name),
      [],
    )
    const directory = join(host, "examples")
    writeProject(
      directory,
      Object.fromEntries(
        examples.map(({ code, name }) => [`${name}.ts`, `export {}\n${code.replaceAll(/^const /gm, "export const ")}`]),
      ),
    )
    assert.strictEqual(compile(directory, "--project", "."), "")
  })

  it("exports the types that its declarations name", () => {
    const isExported = new Set(api.publics.map(({ symbol }) => symbol.id))
    // These are the library's: a program passes them on, and calls none of their methods.
    const opaque = (name: string) => ["RunRepo", "LocationQueue"].includes(name) && !(name in index)
    const missing = new Set<string>()
    for (const { name, symbol } of api.publics.filter(({ name }) => !opaque(name))) {
      const named = api.namedBy(symbol)
      // The class of a service or an error extends a constant, which has its shape.
      const shapes = named.filter((base) => base.name.endsWith("_base"))
      for (const other of [...named.filter((it) => !shapes.includes(it)), ...shapes.flatMap(api.namedBy)]) {
        if (!isExported.has(other.id)) missing.add(`${other.name}, of ${name}`)
      }
    }
    assert.deepStrictEqual([...missing], [])
  })

  it("has types that a program can declare where it imports nothing of ours", () => {
    const directory = join(host, "declared")
    const imports = entryPoints.map(({ name, specifier }) => `import * as ${name || "main"} from "${specifier}"\n`)
    const reference = (name: string) =>
      entryPoints.some((entry) => entry.name === name.split(".")[0]) ? name : `main.${name}`
    const lines = api.callable.map(({ name }, index) => `export const value${index} = ${reference(name)}\n`)
    const again = api.callable.map(({ name }, index) => `export const value${index} = first.value${index} // ${name}\n`)
    writeProject(directory, {
      "first.ts": imports.concat(lines).join(""),
      "again.ts": ['import * as first from "./first.js"\n', ...again].join(""),
    })
    assert.strictEqual(compile(directory, "--project", ".", "--skipLibCheck"), "")
  })

  it("has short types for what runs", () => {
    const lineLength = 100
    for (const name of ["Pipeline.run", "Locating.run", "Users.upsert"]) {
      const hover = api.hoverOf(api.callable.find((one) => one.name === name)!.symbol)
      assert.isAtMost(hover.length, 3 * lineLength, hover)
    }
  })
})
