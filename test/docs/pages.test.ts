import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { basename, dirname, join, normalize } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import { variables } from "../../src/cli/dotEnv.ts"
import { pageNames } from "../../src/cli/usage/pages.ts"
import { etl } from "../utils/etl.ts"
import { blocksOf, codesOf, pagePaths, readLines, root } from "./page.ts"

const docs = pagePaths.filter((path) => path !== "README.md")

/** The lines that are not in a fenced block. */
const textOf = (path: string): ReadonlyArray<string> => {
  const lines = readLines(path)
  const inBlocks = new Set(
    blocksOf(lines).flatMap(({ line, text }) => text.split("\n").map((_, index) => line - 1 + index)),
  )
  return lines.map((line, index) => (inBlocks.has(index) ? "" : line))
}

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    textOf(path).flatMap((line) => {
      const [, title] = /^#+ (.*)$/.exec(line) ?? []
      return title === undefined
        ? []
        : [
            title
              .toLowerCase()
              .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
              .replaceAll(" ", "-"),
          ]
    }),
  )

/** The cells of the rows of all tables whose first header is that. */
const rowsOf = (path: string, header: string): ReadonlyArray<ReadonlyArray<string>> => {
  let isInTable = false
  return textOf(path).flatMap((line) => {
    if (!line.startsWith("|")) {
      isInTable = false
      return []
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"))
    if (cells[0] === header) isInTable = true
    return !isInTable || cells[0] === header || /^-+$/.test(cells[0]!) ? [] : [cells]
  })
}

describe("README and the pages", () => {
  it("are those of etl help", () => {
    assert.sameMembers(
      docs.map((path) => basename(path, ".md")),
      [...pageNames],
    )
  })

  it.each([...pagePaths])("%s is short and narrow", (path) => {
    const [mostLines, prose, block] = path === "README.md" ? [180, 120, 120] : [250, 80, 100]
    const lines = readLines(path)
    assert.isAtMost(lines.length - 1, mostLines)
    assert.match(lines[0]!, /^# \S/)
    const text = textOf(path)
    const wide = lines.flatMap((line, index) => {
      // A link cannot be broken.
      const most = text[index] === line && !line.startsWith("|") && !/\]\(\S*$/.test(line) ? prose : block
      return [...line].length > most ? [`${path}:${index + 1}`] : []
    })
    assert.deepStrictEqual(wide, [])
  })

  it.each([...pagePaths])("%s has blocks of known kinds", (path) => {
    const kinds = /^(?:sh(?: no-run| exit=\d+)?|text|ts|json|csv|ini|yaml|sql|diff)$/
    assert.deepStrictEqual(
      blocksOf(readLines(path)).filter(({ info }) => !kinds.test(info)),
      [],
    )
  })

  it.each([...pagePaths, "CONTRIBUTING.md"])("%s has links that lead somewhere", (path) => {
    const links = Array.from(
      textOf(path)
        .join("\n")
        .matchAll(/\]\(([^)\s]+)\)/g),
      ([, target]) => target!,
    )
    const broken = links
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = "", anchor] = target.split("#")
        const to = file === "" ? path : normalize(join(dirname(path), file))
        return !existsSync(join(root, to)) || (anchor !== undefined && !anchorsOf(to).has(anchor))
      })
    assert.deepStrictEqual(broken, [])
  })

  it.each([...pagePaths])("%s has links by name that are defined and used", (path) => {
    const text = textOf(path)
    const defined = text.flatMap((line) => /^\[([^\]]+)\]: https:\/\/\S+$/.exec(line)?.[1] ?? [])
    const others = text.filter((line) => !/^\[[^\]]+\]: /.test(line)).join("\n")
    const named = Array.from(others.matchAll(/\]\[([^\]]+)\]/g), ([, name]) => name!)
    assert.includeMembers(defined, named)
    assert.deepStrictEqual(
      defined.filter((name) => !others.includes(`[${name}]`)),
      [],
    )
  })

  it("name each page in README", () => {
    const front = textOf("README.md").join("\n")
    assert.deepStrictEqual(
      docs.filter((path) => !front.includes(`](${path}`)),
      [],
    )
  })
})

describe("the tables of the pages", () => {
  /** What help prints as the default of each flag of a command; empty: nothing. */
  const defaultsOf = Effect.fnUntraced(function* (command: string) {
    const { stdout } = yield* etl(["help", command])
    const entries = stdout.split(/\n(?= {2}(?:-\w, )?--)/).slice(1)
    return entries.map((entry) => {
      const [, name] = /--([a-z-]+)/.exec(entry) ?? []
      const text = entry.split(/\n\n|\n(?=\S)/)[0]!.replaceAll(/\s+/g, " ")
      // What help adds about this machine is on no page.
      const [, value] = /\[default: ([^\]]*?)(?:; here \d+)?\]/.exec(text) ?? []
      return [`--${name}`, text.includes("[required]") ? "required" : (value ?? "")] as const
    })
  })

  const declared = Effect.gen(function* () {
    const defaults = new Map<string, Set<string>>()
    for (const { name } of Cli.commands) {
      for (const [flag, value] of yield* defaultsOf(name)) {
        defaults.set(flag, (defaults.get(flag) ?? new Set()).add(value))
      }
    }
    return defaults
  })

  const rows = docs.flatMap((path) =>
    rowsOf(path, "flag").flatMap(([flags = "", value = ""]) =>
      codesOf(flags).map((flag) => ({ path, flag, value: value.replaceAll("`", "") })),
    ),
  )

  it.live("of flags have the defaults of etl help", () =>
    Effect.gen(function* () {
      const defaults = yield* declared
      const wrong = rows.filter(({ flag, value }) => flag.startsWith("--") && !defaults.get(flag)?.has(value))
      assert.deepStrictEqual(
        wrong.map(
          ({ flag, path, value }) => `${path}: ${flag}: ${value}, not ${[...(defaults.get(flag) ?? [])].join(", ")}`,
        ),
        [],
      )
    }).pipe(Effect.scoped),
  )

  it.live("of flags have every flag", () =>
    Effect.gen(function* () {
      const named = new Set(rows.map(({ flag }) => flag))
      assert.deepStrictEqual(
        [...(yield* declared).keys()].filter((flag) => !named.has(flag)),
        [],
      )
    }).pipe(Effect.scoped),
  )

  it("of variables have those that .env may set", () => {
    const named = docs.flatMap((path) => rowsOf(path, "variable").flatMap(([cell = ""]) => codesOf(cell)))
    const isNamed = (variable: string) =>
      variable.endsWith("*") ? named.some((name) => name.startsWith(variable.slice(0, -1))) : named.includes(variable)
    assert.deepStrictEqual(
      [...variables].filter((variable) => !isNamed(variable)),
      [],
    )
  })
})
